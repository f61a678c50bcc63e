"""Refusals around students.

ServiceError
└── StudentNotFound          404
"""

from shared.errors import NotFound


class StudentNotFound(NotFound):
    """There is no such student at a school that the caller may see."""
