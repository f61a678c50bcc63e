"""Refusals around comments.

ServiceError
├── Forbidden
│   └── ReaderNotNamed         403
├── NotFound
│   └── CommentNotFound           404
├── Conflict
│   ├── CommentsNotReady          409
│   └── AlreadyReviewed           409
└── Invalid
    └── OnlyReleasedIsRedacted    422
"""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class ReaderNotNamed(Forbidden):
    """The district's rules for surveys do not name the caller among its trained readers."""


class CommentNotFound(NotFound):
    """There is no such comment that the caller may see."""


class CommentsNotReady(Conflict):
    """The survey is not closed, or its answers are still being counted: nobody reads comments before that."""


class AlreadyReviewed(Conflict):
    """A reader has decided about this comment."""


class OnlyReleasedIsRedacted(Invalid):
    """A text to show instead of what was written goes with a release."""
