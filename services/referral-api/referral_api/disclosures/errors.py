"""Refusals of the ledger.

ServiceError
└── StudentNotNamed          422
"""

from shared.errors import Invalid


class StudentNotNamed(Invalid):
    """A caller of single schools asks for one student's disclosures at a time."""
