"""Refusals around the calendar.

ServiceError
└── CalendarUnreadable       409
"""

from shared.errors import Conflict


class CalendarUnreadable(Conflict):
    """The calendar that is stored for this district cannot be read; set it anew."""
