"""What is told of the officers: a figure that is not as planted never passes for one that is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from demo.district import SIZES, District
from demo.training.reading import SeenInRegistry
from demo.training.summary import differences, print_keys, print_standings, print_time, print_verdict
from demo.training.truth import Counts, TrainingTruth

TRUTH = TrainingTruth(District("demo", SIZES["small"], seed=3), date(2026, 11, 26))
REGISTRY = SeenInRegistry(TRUTH.openers, dict(TRUTH.agreements), "http://here/v1/credentials/1/verification")


def changed(what: str, cell: tuple[str, ...], by: int) -> Mapping[str, Counts]:
    """What the views would show where one count is off."""
    seen = {name: counts.copy() for name, counts in TRUTH.counts.items()}
    seen[what][cell] += by
    return seen


def test_what_is_as_planted_differs_in_nothing() -> None:
    assert differences(TRUTH, TRUTH.counts, REGISTRY) == []


@pytest.mark.parametrize("what", TRUTH.counts)
@pytest.mark.parametrize("by", [-1, 1])
def test_one_more_or_less_of_anything_is_told(what: str, by: int) -> None:
    cell, planted = next(iter(TRUTH.counts[what].items()))
    assert differences(TRUTH, changed(what, cell, by), REGISTRY) == [
        f"{what} of {' '.join(cell)}: planted {planted}, shown {planted + by}"
    ]


def test_what_was_never_planted_is_told_too() -> None:
    seen = changed("minutes", ("s-99", "mentor"), 30)
    assert differences(TRUTH, seen, REGISTRY) == ["minutes of s-99 mentor: planted 0, shown 30"]


def test_a_door_that_is_shut_or_open_by_mistake_is_told() -> None:
    shut = sorted(TRUTH.openers)[0]
    opened = next(officer.officer_id for officer in TRUTH.officers if officer.officer_id not in TRUTH.openers)
    registry = replace(REGISTRY, openers=TRUTH.openers ^ {shut, opened})
    assert set(differences(TRUTH, TRUTH.counts, registry)) == {
        f"{shut} may not open records",
        f"{opened} may open records",
    }


def test_an_agreement_that_stands_otherwise_or_is_lost_is_told() -> None:
    standing = dict(TRUTH.agreements) | {"mou-expired": "active"}
    del standing["mou-draft"]
    assert set(differences(TRUTH, TRUTH.counts, replace(REGISTRY, agreements=standing))) == {
        "mou-expired is active, planted expired",
        "mou-draft is None, planted draft",
    }


def test_each_line_says_whether_it_matches(capsys: pytest.CaptureFixture[str]) -> None:
    (cell, _) = next(iter(TRUTH.counts["standings"].items()))
    print_standings(TRUTH, changed("standings", cell, 1))
    print_time(TRUTH, TRUTH.counts)
    print_keys(TRUTH, REGISTRY)
    said = capsys.readouterr().out
    assert said.count("DIFFERS") == 1
    assert said.count("MATCH") == 10 + 3 + 1
    assert REGISTRY.verification_url is not None
    assert REGISTRY.verification_url in said


def test_the_verdict_names_some_of_what_is_wrong_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_verdict([], lag=0)
    assert not print_verdict([f"figure {n}" for n in range(9)], lag=7)
    said = capsys.readouterr().out
    assert "7 records behind" in said
    assert "9 figures" in said
    assert "figure 4" in said
    assert "figure 5" not in said
