"""What one respondent said, and whether it answers what was asked. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from climate_survey_api.administrations.rules import Administration, Status
from climate_survey_api.instruments.rules import Item, Scale
from climate_survey_api.responses.errors import SurveyClosed, SurveyNotOpen
from shared.errors import Fault
from shared.events.surveys import RespondentGroup, SurveyFacet

LONGEST_TEXT = 1_000
"""Characters of an answer in the respondent's own words."""
_LONGEST_PATH = 80
_NOT_ASKED = "is not asked in this survey"
# Invisible in what people type, and six bytes each where JSON escapes them.
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n"}


@dataclass(frozen=True, slots=True)
class Ballot:
    """One respondent's answers as they come out of the box, in no order, with nothing that names a code or a person."""

    school_id: str
    respondent_group: RespondentGroup
    answers: Mapping[str, int]
    """By item; what was left out is not there."""
    facets: Mapping[SurveyFacet, str] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one group is asked in one administration."""

    items: tuple[Item, ...]
    """In their order."""
    facets: Mapping[SurveyFacet, Collection[str]] = field(default_factory=dict)
    """What respondents may say about themselves, each with the values that answer it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said: what can be counted, and what is wrong with the rest."""

    faults: tuple[Fault, ...]
    answers: Mapping[str, int]
    facets: Mapping[SurveyFacet, str]
    comments: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        """Whether no item was answered; what respondents say about themselves alone answers nothing."""
        return not self.answers and not self.comments


def ensure_takes_answers(administration: Administration, now: datetime) -> None:
    """Refuse before it opens, and from the instant it closes. Raises: SurveyNotOpen (409), SurveyClosed (410)."""
    if administration.takes_answers(now):
        return
    if administration.status is Status.DRAFT and now < administration.closes_at:
        raise SurveyNotOpen
    raise SurveyClosed


def items_asked(items: Sequence[Item], group: RespondentGroup, *, free_text: bool) -> tuple[Item, ...]:
    """The items that stand in this group's form, in the instrument's order; own words only where they are wanted."""
    return tuple(item for item in items if group in item.groups and (free_text or item.scale is not Scale.TEXT))


def read_answers(asked: Asked, answers: object, facets: object = None) -> Answers:
    """Hold what was sent against what was asked. Null, and a text of blanks, leave a question out.

    No fault quotes an answer. What is wrong with one answer takes nothing from the others, so that a form can be shown
    again as it was filled in.
    """
    items = {item.item_id: item for item in asked.items}
    faults: list[Fault] = []
    numbers: dict[str, int] = {}
    texts: dict[str, str] = {}
    said: dict[SurveyFacet, str] = {}
    for item_id, value in _entries(answers, "answers", faults):
        item = items.get(item_id)
        wrong = _NOT_ASKED if item is None else _wrong_with(item, value)
        if item is None or wrong is not None:
            faults.append(Fault(_path("answers", item_id), wrong or _NOT_ASKED))
        elif isinstance(value, int):
            numbers[item_id] = value
        elif isinstance(value, str) and (words := _cleaned(value)):
            texts[item_id] = words
    for facet, value in _entries(facets, "facets", faults):
        values = asked.facets.get(SurveyFacet(facet)) if facet in _FACETS else None
        if values is None:
            faults.append(Fault(_path("facets", facet), _NOT_ASKED))
        elif isinstance(value, str) and value in values:
            said[SurveyFacet(facet)] = str(value)
        elif value is not None:
            faults.append(Fault(_path("facets", facet), "is none of the values allowed here"))
    return Answers(tuple(faults), numbers, said, texts)


_FACETS = frozenset(SurveyFacet)


def _entries(sent: object, path: str, faults: list[Fault]) -> Iterator[tuple[str, object]]:
    if isinstance(sent, Mapping):
        yield from sent.items()
    elif sent is not None:
        faults.append(Fault(path, "must be an object"))


def _wrong_with(item: Item, value: object) -> str | None:
    """What is wrong with a value as the answer to an item; None: nothing."""
    if value is None:
        return None
    if item.scale is Scale.TEXT:
        return _wrong_with_text(value)
    # By type and not by instance: true is no 1.
    if type(value) is not int:
        return "must be a whole number"
    return None if 1 <= value <= item.highest else f"must be from 1 to {item.highest}"


def _wrong_with_text(value: object) -> str | None:
    if not isinstance(value, str):
        return "must be text"
    if len(value) > LONGEST_TEXT:
        return f"must have at most {LONGEST_TEXT} characters"
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        return "holds a character that cannot be stored"
    return None


def _cleaned(text: str) -> str:
    return text.replace("\r\n", "\n").translate(_CONTROLS).strip()


def _path(part: str, name: str) -> str:
    """Where a fault lies; a name that was never asked may hold anything."""
    return f"{part}.{''.join(c if c.isprintable() else '?' for c in name[:_LONGEST_PATH])}"
