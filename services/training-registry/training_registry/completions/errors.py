"""How a completion may be refused.

ServiceError
├── CompletionNotFound      404
├── OwnCompletion           403
├── CompletionExists        409
├── AlreadyRevoked          409
├── NothingToApprove        409
├── DecidedOtherwise        409
├── NotCsv                  415
├── CompletionHasFaults     422
├── OfficerUnknown          422
└── FileUnusable            422
"""

from shared.errors import Conflict, Forbidden, Invalid, NotFound, UnsupportedMedia


class CompletionNotFound(NotFound):
    """There is no such completion that the caller may know of."""


class OwnCompletion(Forbidden):
    """Nobody records, approves, corrects or revokes what he completed himself."""


class CompletionExists(Conflict):
    """There is another completion with this id."""


class AlreadyRevoked(Conflict):
    """The completion was revoked; record another one in its place."""


class NothingToApprove(Conflict):
    """The completion is not of an outside course: it counts without an approval."""


class DecidedOtherwise(Conflict):
    """The course was decided upon the other way; correct the completion or revoke it."""


class NotCsv(UnsupportedMedia):
    """A file of completions comes as `text/csv`."""


class CompletionHasFaults(Invalid):
    """The completion has faults."""


class OfficerUnknown(Invalid):
    """The district knows no such officer, or none that the caller may see."""


class FileUnusable(Invalid):
    """The file cannot be used as a whole; nothing was recorded."""
