"""A sealed ballot tells nothing by its length, and opens in its own place alone."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from climate_survey_api.instruments.rules import Item, Scale
from climate_survey_api.responses.rules import LONGEST_TEXT, Asked, Ballot, read_answers
from climate_survey_api.responses.sealing import KEY_BYTES, open_ballot, room_for, seal_ballot
from shared.events.surveys import RespondentGroup, SurveyFacet
from tests.climate_survey_api.responses.surveys import ADMINISTRATION

KEY = os.urandom(KEY_BYTES)
EVERYBODY = frozenset(RespondentGroup)
ASKED = Asked(
    (
        Item("safe_here", "safety", EVERYBODY, Scale.AGREE4),
        Item("contact", "sro", EVERYBODY, Scale.CHOICE, choices=20),
        Item("words", "sro", EVERYBODY, Scale.TEXT),
        Item("more", "sro", EVERYBODY, Scale.TEXT),
    ),
    {SurveyFacet.GRADE_BAND: ("pk_2", "9_12")},
)
ROOM = room_for(ASKED)
texts = st.text(max_size=LONGEST_TEXT) | st.sampled_from(['"' * LONGEST_TEXT, "😶" * LONGEST_TEXT, "\x1f\\\n\t" * 250])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "safe_here": st.none() | st.integers(1, 4),
            "contact": st.none() | st.integers(1, 20),
            "words": st.none() | texts.filter(lambda text: "\0" not in text),
            "more": st.none() | texts.filter(lambda text: "\0" not in text),
        },
    ),
    st.sampled_from([None, {"grade_band": None}, {"grade_band": "9_12"}]),
)
def test_whatever_is_answered_is_as_long_as_anything_else_and_comes_out_as_it_went_in(
    answers: dict[str, object], facets: dict[str, object] | None
) -> None:
    read = read_answers(ASKED, answers, facets)
    assert read.faults == ()
    ballot = Ballot("s-1", RespondentGroup.FAMILY, read.answers, read.facets, read.comments)
    ballot_id = uuid4()

    sealed = sealed_for(ballot, ballot_id)

    assert len(sealed) == 12 + ROOM + 16
    assert opened_at(sealed, ballot_id) == ballot


def test_the_same_answers_never_look_the_same() -> None:
    ballot_id = uuid4()
    ballot = Ballot("s-1", RespondentGroup.FAMILY, {"safe_here": 3})

    assert sealed_for(ballot, ballot_id) != sealed_for(ballot, ballot_id)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"ballot_id": uuid4()},
        {"administration_id": uuid4()},
        {"school_id": "s-2"},
        {"respondent_group": RespondentGroup.STAFF},
    ],
    ids=lambda place: next(iter(place)),
)
def test_a_ballot_that_was_copied_or_moved_does_not_open(elsewhere: dict[str, object]) -> None:
    ballot_id = uuid4()
    sealed = sealed_for(Ballot("s-1", RespondentGroup.FAMILY, {"safe_here": 3}), ballot_id)

    assert opened_at(sealed, ballot_id).answers == {"safe_here": 3}
    with pytest.raises(InvalidTag):
        opened_at(sealed, ballot_id, elsewhere)


def sealed_for(ballot: Ballot, ballot_id: UUID) -> bytes:
    return seal_ballot(KEY, ballot, administration_id=ADMINISTRATION, ballot_id=ballot_id, room=ROOM)


def opened_at(sealed: bytes, ballot_id: UUID, elsewhere: Mapping[str, object] = MappingProxyType({})) -> Ballot:
    where: dict[str, object] = {
        "administration_id": ADMINISTRATION,
        "ballot_id": ballot_id,
        "school_id": "s-1",
        "respondent_group": RespondentGroup.FAMILY,
    }
    return open_ballot(AESGCM(KEY), sealed, **(where | dict(elsewhere)))  # type: ignore[arg-type]  # one of them is replaced
