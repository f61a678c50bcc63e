"""What becomes of a comment, and of which units none may be shown. Pure."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from climate_survey_api.comments.errors import AlreadyReviewed, OnlyReleasedIsRedacted
from shared.errors import Fault
from shared.events.surveys import RespondentGroup


class CommentStatus(StrEnum):
    """Where a comment stands."""

    UNREAD = "unread"
    RELEASED = "released"
    WITHHELD = "withheld"
    ESCALATED = "escalated"
    """A threat, or somebody told of harm: withheld, and somebody has to act."""


class Decision(StrEnum):
    """What a reader makes of a comment."""

    RELEASE = "release"
    WITHHOLD = "withhold"
    ESCALATE = "escalate"

    @property
    def status(self) -> CommentStatus:
        """Where the comment stands then."""
        return _STATUS_AFTER[self]


_STATUS_AFTER = {
    Decision.RELEASE: CommentStatus.RELEASED,
    Decision.WITHHOLD: CommentStatus.WITHHELD,
    Decision.ESCALATE: CommentStatus.ESCALATED,
}


class WrittenUnit(NamedTuple):
    """All who were asked for their own words by one item, in one group of one school."""

    school_id: str
    respondent_group: RespondentGroup
    item_id: str


def suppressed_units(written: Iterable[WrittenUnit], minimum: int) -> frozenset[WrittenUnit]:
    """The units in which fewer than `minimum` comments were written; one entry per comment comes in.

    Decided by what was written, not by what was released: else a reader's choice would tell how many wrote.
    """
    return frozenset(unit for unit, n in Counter(written).items() if n < minimum)


def ensure_redaction_fits(decision: Decision, redacted: str | None) -> None:
    """Refuse a text to be shown of what is not shown. Raises: OnlyReleasedIsRedacted."""
    if redacted is not None and decision is not Decision.RELEASE:
        raise OnlyReleasedIsRedacted(errors=[Fault("redacted", "fits `release` alone")])


def ensure_unread(status: CommentStatus, if_match: str | None) -> None:
    """Refuse a second decision by who does not say which one he has seen. Raises: AlreadyReviewed."""
    if status is not CommentStatus.UNREAD and (if_match is None or if_match.strip() == "*"):
        raise AlreadyReviewed("Read it again, and send its `ETag` as `If-Match` to decide anew.")
