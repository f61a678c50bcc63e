"""Of which units no comment may be shown, and whose decision holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from climate_survey_api.comments.errors import AlreadyReviewed, OnlyReleasedIsRedacted
from climate_survey_api.comments.rules import (
    CommentStatus,
    Decision,
    WrittenUnit,
    ensure_redaction_fits,
    ensure_unread,
    suppressed_units,
)
from shared.events.surveys import RespondentGroup

UNITS = [
    WrittenUnit(school, group, item)
    for school in ("s-1", "s-2")
    for group in (RespondentGroup.STUDENT, RespondentGroup.STAFF)
    for item in ("words", "more_words")
]


@given(st.lists(st.sampled_from(UNITS), max_size=60), st.integers(5, 15))
def test_a_unit_is_suppressed_as_long_as_fewer_wrote_than_the_minimum(written: list[WrittenUnit], least: int) -> None:
    suppressed = suppressed_units(written, least)

    assert suppressed == {unit for unit in UNITS if 0 < written.count(unit) < least}


def test_groups_schools_and_items_are_counted_apart() -> None:
    written = [UNITS[0]] * 10 + [UNITS[1]] * 9 + [UNITS[2]] * 9 + [UNITS[4]] * 9

    assert suppressed_units(written, 10) == {UNITS[1], UNITS[2], UNITS[4]}


@pytest.mark.parametrize("status", [status for status in CommentStatus if status is not CommentStatus.UNREAD])
def test_who_decides_anew_says_which_decision_he_has_seen(status: CommentStatus) -> None:
    for blind in (None, "*", " * "):
        ensure_unread(CommentStatus.UNREAD, blind)
        with pytest.raises(AlreadyReviewed):
            ensure_unread(status, blind)
    ensure_unread(status, '"2"')


def test_only_what_is_released_is_shown_in_other_words() -> None:
    ensure_redaction_fits(Decision.RELEASE, "[A teacher] listens.")
    for decision in (Decision.WITHHOLD, Decision.ESCALATE):
        ensure_redaction_fits(decision, None)
        with pytest.raises(OnlyReleasedIsRedacted):
            ensure_redaction_fits(decision, "[A teacher] listens.")
