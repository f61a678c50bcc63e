"""Answers so far: readable by this service alone, with the code they belong to, and of a length that tells little."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from climate_survey_api.pages.drafts import MOST_IN_A_COOKIE, Draft, for_cookie, newest, open_draft, seal_draft
from shared.crypto import KeyRing

MINE, OTHERS = b"m" * 32, b"o" * 32
DRAFT = Draft(answers={"q1": 3, "q2": None}, facets={"sex": "female"}, words={"say": "¡Más árboles!"}, step="2", turn=4)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.from_file(tmp_path / "keys.json")


def test_a_draft_comes_back_as_it_was(ring: KeyRing) -> None:
    assert open_draft(ring, seal_draft(ring, DRAFT, digest=MINE), digest=MINE) == DRAFT


def test_a_draft_of_another_code_is_none(ring: KeyRing) -> None:
    assert open_draft(ring, seal_draft(ring, DRAFT, digest=OTHERS), digest=MINE) is None


def test_what_was_changed_cut_or_made_up_is_none(ring: KeyRing, tmp_path: Path) -> None:
    sealed = seal_draft(ring, DRAFT, digest=MINE)
    middle = len(sealed) // 2
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    elsewhere = seal_draft(KeyRing.from_file(tmp_path / "other.json"), DRAFT, digest=MINE)
    for said in (changed, sealed[:-8], sealed + "AAAA", elsewhere, "", "draft", "é", "A" * 300_000):
        assert open_draft(ring, said, digest=MINE) is None


def test_a_draft_of_an_earlier_shape_of_ours_is_none(ring: KeyRing) -> None:
    for written in ("{}", "[{}, {}]", "7", "null", "[1, 2, 3, 4, 5, 6, 7, 8, 9]"):
        sealed = ring.seal(written, table="drafts", column="answers", key=MINE.hex())
        assert open_draft(ring, _as_text(sealed), digest=MINE) is None


def test_the_length_of_a_draft_does_not_tell_how_much_was_answered(ring: KeyRing) -> None:
    lengths = {len(seal_draft(ring, Draft(answers=dict.fromkeys(many, 1)), digest=MINE)) for many in ("a", "abcdefgh")}
    assert len(lengths) == 1


def test_long_words_are_not_kept_by_the_device_and_the_rest_is(ring: KeyRing) -> None:
    kept, is_whole = for_cookie(ring, DRAFT, digest=MINE)
    assert is_whole
    assert kept is not None
    wordy = replace(DRAFT, words={"say": "x" * MOST_IN_A_COOKIE})
    kept, is_whole = for_cookie(ring, wordy, digest=MINE)
    assert not is_whole
    assert kept is not None
    assert len(kept) <= MOST_IN_A_COOKIE
    back = open_draft(ring, kept, digest=MINE)
    assert back is not None
    assert (back.answers, back.words, back.cut) == (DRAFT.answers, {}, True)
    immense = replace(DRAFT, answers=dict.fromkeys(map(str, range(1000)), 1))
    assert for_cookie(ring, immense, digest=MINE) == (None, False)


def test_of_the_page_s_draft_and_the_device_s_the_newer_counts() -> None:
    older, newer = replace(DRAFT, turn=3, answers={}), DRAFT
    assert newest(older, newer) == newer
    assert newest(newer, older) == newer
    assert newest(newer, None) == newest(None, newer) == newer
    assert newest(None, None).is_empty
    assert newest(newer, newer.without_words()).words == DRAFT.words
    behind = replace(newer.without_words(), turn=5)
    assert newest(newer, behind) == replace(newer, turn=5)


def _as_text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
