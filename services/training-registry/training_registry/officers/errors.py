"""Refusals around officers.

ServiceError
├── NotFound
│   ├── OfficerNotFound              404
│   └── AssignmentNotFound           404
├── Forbidden
│   ├── OwnRecord                    403
│   └── SchoolNotYours               403
├── Conflict
│   ├── AssignmentExists             409
│   ├── AssignmentOverlaps           409
│   ├── AssignmentWithdrawn          409
│   └── EvaluationExists             409
└── Invalid
    ├── EndsBeforeItBegins           422
    ├── EvaluatedInFuture            422
    └── NotAssignedThere             422
"""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class OfficerNotFound(NotFound):
    """There is no such officer, or none that the caller may see."""


class AssignmentNotFound(NotFound):
    """The officer has no such assignment."""


class OwnRecord(Forbidden):
    """Nobody says of himself who he is, where he serves or how well."""


class SchoolNotYours(Forbidden):
    """The caller does not act for this school."""


class AssignmentExists(Conflict):
    """There is another assignment with this id."""


class AssignmentOverlaps(Conflict):
    """The officer is assigned to this school on some of these days already."""


class AssignmentWithdrawn(Conflict):
    """The assignment was withdrawn; it never was."""


class EvaluationExists(Conflict):
    """There is another evaluation with this id, or another one of this school, year and role."""


class EndsBeforeItBegins(Invalid):
    """The last day is before the first."""


class EvaluatedInFuture(Invalid):
    """An evaluation cannot be made in the future."""


class NotAssignedThere(Invalid):
    """The officer was not assigned to this school in this school year."""
