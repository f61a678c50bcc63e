"""What one page of a form shows: the step, what was answered by now, what is wrong with it, and what is kept where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from markupsafe import Markup, escape

from climate_survey_api.pages.asked import AskedItem, Form
from climate_survey_api.pages.catalogue import Speaker
from climate_survey_api.pages.drafts import Draft
from climate_survey_api.pages.posted import FormFault
from climate_survey_api.pages.steps import Step, StepKind
from climate_survey_api.responses.rules import LONGEST_TEXT

SECONDS_PER_ITEM = 8
"""How long people take to read a statement and answer it: some seven a minute."""
_FEWEST_MINUTES = 2
_TITLED = frozenset(
    {"safety", "relationships", "collaborative_leadership", "ethics", "equity", "wellness", "communication"}
)


@dataclass(frozen=True)
class FormView:
    """One page of a form."""

    form: Form
    steps: Sequence[Step]
    at: int
    draft: Draft
    sealed: str
    """The draft as the page carries it."""
    path: str
    """Where the form is sent."""
    address: str
    """The same as browsers have to ask for it."""
    faults: Sequence[FormFault] = ()
    resumed: bool = False
    kept_note: str | None = None
    longest: int = LONGEST_TEXT

    @property
    def step(self) -> Step:
        """The step it shows."""
        return self.steps[self.at]

    @property
    def sections(self) -> int:
        """How many steps there are before the review."""
        return len(self.steps) - 1

    @property
    def onward(self) -> str:
        """What whoever presses Enter means: on; at the end nothing is sent by accident."""
        return "stay" if self.step.kind is StepKind.REVIEW else "next"

    @property
    def title(self) -> str:
        """The text that the step is called by."""
        return self.title_of(self.step)

    def title_of(self, step: Step) -> str:
        """The text that a step is called by."""
        if step.kind is not StepKind.ITEMS:
            return f"{step.kind}.heading"
        dimension = step.dimension or ""
        if "sro" in dimension.split("_"):
            return "form.dimension.sro"
        return f"form.dimension.{dimension if dimension in _TITLED else 'other'}"

    @property
    def minutes(self) -> int:
        """About how long the whole form takes."""
        return max(_FEWEST_MINUTES, ceil(len(self.form.items) * SECONDS_PER_ITEM / 60))

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        asked = (item for step in self.steps for item in step.items)
        return {item.item_id: number for number, item in enumerate(asked, start=1)}

    def number_of(self, item: AskedItem) -> int:
        """Which question of the form it is, as respondents count."""
        return self._numbers[item.item_id]

    def fault_at(self, anchor: str) -> FormFault | None:
        """What is wrong there."""
        return next((fault for fault in self.faults if fault.anchor == anchor), None)

    @property
    def open_questions(self) -> list[Mapping[str, str]]:
        """What was left out, or is not answered yet, as it is asked."""
        asked = [item.text for item in self.form.items if not self._is_answered(item)]
        return asked + [asked_too.text for asked_too in self.form.facets if not self.draft.facets.get(asked_too.facet)]

    def said(self, item: AskedItem, speaker: Speaker) -> Markup:
        """The answer to an item in words; none where there is none."""
        if item.item_id in self.draft.words:
            return escape(self.draft.words[item.item_id])
        point = self.draft.answers.get(item.item_id)
        return speaker.pick(item.points[point - 1]) if point is not None and point <= len(item.points) else Markup()

    def _is_answered(self, item: AskedItem) -> bool:
        return bool(self.draft.words.get(item.item_id) or self.draft.answers.get(item.item_id))
