"""What a run prints about the surveys: what the suite found beside what was planted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, isclose

from demo.client import Services
from demo.surveys import planted
from demo.surveys.reading import Interval, Rows, SeenInSurveys
from demo.surveys.sending import AccessCode
from demo.surveys.truth import Cell, Sums, SurveyTruth, total
from demo.tables import print_table

_REFERENCE = "white"
"""The group that the one treated less fairly is compared with."""
_NUMBERS = ("n", "favorable", "mean")
_MOST_DIFFERENCES = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether one thing that was planted was found."""

    what: str
    planted: str
    found: str
    interval: str
    is_match: bool


def judgements(truth: SurveyTruth, seen: SeenInSurveys) -> list[Judgement]:
    """What must have been found by whoever reads intervals: falls, gaps, and that the rest stayed as it was. Pure."""
    falls = planted.FALLS_TO[-1] - planted.FALLS_TO[0]
    steady = [
        change
        for school_id, change in seen.changes.items()
        if school_id not in (truth.falling_school.school_id, truth.tiny_school.school_id)
    ]
    stayed = sum(change is not None and change.holds(0) for change in steady)
    expected = sum(not unit.is_falling and not unit.is_tiny and unit.group == "student" for unit in truth.units)
    gap = f"{planted.TREATED_LESS_FAIRLY} students beside {_REFERENCE} ones"
    return [
        _effect(
            f"{planted.FALLING} at {truth.falling_school.name}, wave 1 to {planted.WAVES}",
            falls,
            seen.changes.get(truth.falling_school.school_id),
        ),
        Judgement(f"{planted.FALLING} at the {expected} others", "steady", f"{stayed} steady", "", stayed == expected),
        _effect(f"{planted.FAIRNESS}: {gap}", -planted.FAIRNESS_GAP, _gap(seen.fairness)),
        _effect(f"the officer is fair: {gap}", -planted.FAIRNESS_GAP, _gap(seen.fairness_of_officer)),
        _suppression(truth, seen),
    ]


def differences(truth: SurveyTruth, sent: Mapping[Cell, Sums], rows: Rows) -> list[str]:
    """Every figure in reporting's view that is not exactly what was sent, a sentence for each. Pure."""
    shown = {_cell(truth, row): row for row in rows if row["school_id"] is not None}
    found = [_wrong(cell, sums, shown.get(cell)) for cell, sums in sent.items() if not _is_tiny(truth, cell)]
    for row in rows:
        if row["school_id"] is None:
            whole = _cell(truth, row)
            parts = [
                sums
                for cell, sums in sent.items()
                if (cell.wave, cell.group, cell.dimension) == (whole.wave, whole.group, whole.dimension)
                and not _is_tiny(truth, cell)
            ]
            found.append(_wrong(whole, total(parts), row))
    groups = {(cell.wave, cell.group, cell.dimension) for cell in sent}
    of_district = sum(row["school_id"] is None and not row["suppressed"] for row in rows)
    if of_district < len(groups):
        found.append(f"{len(groups) - of_district} of {len(groups)} figures of the district are not there")
    return [sentence for sentence in found if sentence is not None]


def print_judgements(truth: SurveyTruth, found: Sequence[Judgement]) -> None:
    """The table of them."""
    lines = [(j.what, j.planted, j.found, j.interval, "MATCH" if j.is_match else "OFF") for j in found]
    title = f"{len(truth.waves)} waves of the climate survey, {truth.respondents:,} answers"
    print_table(title, ("among students", "planted", "found", "95 %", ""), lines)
    print("  (all three were held just now, one after the other: a survey opens when it opens, and never in the past)")


def print_verdict(found: Sequence[Judgement], different: Sequence[str], figures: int, lag: int) -> bool:
    """Whether the surveys found what was planted, and told nothing else."""
    if lag:
        print(f"\nReporting is {lag:,} records behind and does not move.")
    off = [judgement.what for judgement in found if not judgement.is_match]
    if not off and not different:
        print(f"\nMATCH: what was planted in the surveys is found, and {figures:,} figures are exactly what was sent.")
        return True
    if off:
        print(f"\nOFF: {len(off)} of {len(found)} things planted in the surveys are not found: {'; '.join(off)}.")
    if different:
        print(f"\nDIFFERS: {len(different)} figures of the surveys are not what was sent.")
        for sentence in different[:_MOST_DIFFERENCES]:
            print(f"  {sentence}")
    return False


def print_pages(truth: SurveyTruth, services: Services, code: AccessCode | None) -> None:
    """Pages to open."""
    at, last = services.climate_survey_api, truth.waves[-1].administration_id
    print(f"""
Survey   {at}/preview/{last}   what was asked, for parents
         {at}/status/{truth.open_survey_id}   how many have answered the one that is open""")
    if code is not None:
        print(f"         {code.url}   answer it yourself: good for one time")


def _effect(what: str, planted_value: float, found: Interval | None) -> Judgement:
    """Found where the interval holds what was planted, and not nothing."""
    if found is None:
        return Judgement(what, f"{planted_value:+.2f}", "hidden", "", False)
    is_match = found.holds(planted_value) and not found.holds(0)
    interval = f"{found.low:+.2f} to {found.high:+.2f}"
    return Judgement(what, f"{planted_value:+.2f}", f"{found.value:+.2f}", interval, is_match)


def _gap(by_race: Mapping[str, Interval | None]) -> Interval | None:
    """By how much lower the one group's share is, the two taken as independent."""
    less, reference = by_race.get(planted.TREATED_LESS_FAIRLY), by_race.get(_REFERENCE)
    if less is None or reference is None:
        return None
    value = less.value - reference.value
    low = value - hypot(less.value - less.low, reference.high - reference.value)
    return Interval(value, low, value + hypot(less.high - less.value, reference.value - reference.low))


def _suppression(truth: SurveyTruth, seen: SeenInSurveys) -> Judgement:
    tiny = truth.tiny_school
    in_view = [row for row in seen.view if row["school_id"] == tiny.school_id]
    told = [row for rows in (seen.tiny, in_view) for row in rows if not _is_hidden(row)]
    people = sum(unit.people for unit in truth.units if unit.is_tiny)
    word = f"{len(told)} figures told" if told else "hidden" if seen.tiny and in_view else "no rows"
    return Judgement(f"the {people} who answer at {tiny.name}", "hidden", word, "", word == "hidden")


def _is_hidden(row: Mapping[str, object]) -> bool:
    return bool(row["suppressed"]) and all(row[name] is None for name in _NUMBERS)


def _wrong(cell: Cell, sums: Sums, row: Mapping[str, object] | None) -> str | None:
    what = f"wave {cell.wave + 1}, {cell.school_id or 'district'}, {cell.group}, {cell.dimension}"
    if row is None or row["suppressed"]:
        return f"{what}: {sums.n} respondents sent, {'nothing' if row is None else 'hidden'} shown"
    sent, shown = (sums.n, sums.share, sums.mean), tuple(row[name] for name in _NUMBERS)
    if all(isinstance(b, int | float) and isclose(a, b, abs_tol=1e-9) for a, b in zip(sent, shown, strict=True)):
        return None
    return f"{what}: sent {sent}, shown {shown}"


def _cell(truth: SurveyTruth, row: Mapping[str, str]) -> Cell:
    wave = next(w.number for w in truth.waves if str(w.administration_id) == row["administration_id"])
    return Cell(wave, row["school_id"] or "", row["respondent_group"], row["dimension"])


def _is_tiny(truth: SurveyTruth, cell: Cell) -> bool:
    return cell.school_id == truth.tiny_school.school_id
