"""In which steps a form is answered, and where each leads. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from climate_survey_api.pages.asked import AskedItem, Form
from climate_survey_api.responses.asking import FacetQuestion

MOST_ON_ONE_PAGE = 12
"""Items that a phone shows on one page without anybody losing their way."""


class StepKind(StrEnum):
    """What one step is about."""

    ITEMS = "items"
    ABOUT = "about"
    WORDS = "words"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Step:
    """One page of a form."""

    name: str
    """How it is called in what is sent: the number of a section, or its kind."""
    kind: StepKind
    items: tuple[AskedItem, ...] = ()
    facets: tuple[FacetQuestion, ...] = ()
    dimension: str | None = None
    """What its items are about, where they are about one thing."""


def steps_of(form: Form) -> tuple[Step, ...]:
    """The steps of a form from its first to the review: a short one has its items on one page, a long one by dimension.

    Dimensions come in the order in which they first appear; each has its items together, in theirs.
    """
    steps = [*_sections(form.closed_items)]
    if form.facets:
        steps.append(Step(StepKind.ABOUT, StepKind.ABOUT, facets=form.facets))
    if form.open_items:
        steps.append(Step(StepKind.WORDS, StepKind.WORDS, items=form.open_items))
    return (*steps, Step(StepKind.REVIEW, StepKind.REVIEW))


def _sections(items: Sequence[AskedItem]) -> list[Step]:
    by_dimension: dict[str, list[AskedItem]] = {}
    for item in items:
        by_dimension.setdefault(item.dimension, []).append(item)
    if len(items) <= MOST_ON_ONE_PAGE:
        only = next(iter(by_dimension)) if len(by_dimension) == 1 else None
        return [Step("1", StepKind.ITEMS, tuple(items), dimension=only)] if items else []
    return [
        Step(str(number), StepKind.ITEMS, tuple(together), dimension=dimension)
        for number, (dimension, together) in enumerate(by_dimension.items(), start=1)
    ]


def position(steps: Sequence[Step], name: str) -> int:
    """Where a step stands; the first where there is none of that name."""
    return next((at for at, step in enumerate(steps) if step.name == name), 0)


def led_to(steps: Sequence[Step], at: int, go: str) -> int:
    """The step that a button leads to: `next`, `back`, `stay`, or `to:` with the name of one. Others lead on.

    The review is the last step, and the first has none before it.
    """
    kind, _, name = go.partition(":")
    if kind == "to":
        return position(steps, name)
    moves = {"back": -1, "stay": 0}
    return min(max(at + moves.get(go, 1), 0), len(steps) - 1)
