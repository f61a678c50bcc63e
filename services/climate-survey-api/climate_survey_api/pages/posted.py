"""What a browser sends of a form, and what it makes of the draft.

What the form did not ask, at this step or at all, is passed over: nobody's browser loses answers for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import parse_qsl

from fastapi import Request

from climate_survey_api.instruments.rules import Scale
from climate_survey_api.pages.asked import Form
from climate_survey_api.pages.drafts import Draft
from climate_survey_api.pages.steps import Step
from climate_survey_api.responses.rules import LONGEST_TEXT
from shared.errors import BodyTooLarge, UnsupportedMedia

MEDIA_TYPE = "application/x-www-form-urlencoded"
MOST_BYTES = 1 << 18
"""Of one form; the largest of ours is smaller, with every text at its longest."""
MOST_FIELDS = 1_000
"""Fields of one form that are looked at; the largest of ours has far fewer."""
SKIPPED = "-"
"""What is sent where somebody prefers not to answer: a radio button has a value, and no empty one."""


AnswerT = TypeVar("AnswerT", int, str)


@dataclass(frozen=True, slots=True)
class FormFault:
    """What is wrong with one answer, and where on the page it stands."""

    anchor: str
    says: str
    """The text of the catalogue that says so."""


class NotAForm(UnsupportedMedia):
    """A form is to be sent with Content-Type: application/x-www-form-urlencoded."""


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of the form that a request holds. Raises: NotAForm (415), BodyTooLarge (413)."""
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise BodyTooLarge(f"At most {MOST_BYTES} bytes.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != MEDIA_TYPE:
        raise NotAForm
    return fields_in(body)


def fields_in(body: bytes) -> dict[str, str]:
    """The fields of a form as a browser writes them; of one that is sent twice the last, of too many none.

    Line ends become those of every other place, and what no database stores is left out.
    """
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return {name: value.replace("\r\n", "\n").replace("\x00", "") for name, value in pairs}


def with_fields(draft: Draft, step: Step, fields: Mapping[str, str]) -> tuple[Draft, list[FormFault]]:
    """The draft with what was answered at a step, and what of it is no answer. Sent again, it changes nothing."""
    answers, facets, words = dict(draft.answers), dict(draft.facets), dict(draft.words)
    faults: list[FormFault] = []
    for item in step.items:
        if item.scale is Scale.TEXT:
            words[item.item_id] = fields.get(f"words.{item.item_id}", words.get(item.item_id, "")).strip()
        elif (said := fields.get(f"answer.{item.item_id}")) is not None:
            points = {str(point): point for point in range(1, len(item.points) + 1)}
            _take(said, points, answers, item.item_id, FormFault(f"q-{item.item_id}", "fault.answer"), faults)
    for asked in step.facets:
        if (said := fields.get(f"facet.{asked.facet}")) is not None:
            values = {str(value): str(value) for value in asked.values}
            _take(said, values, facets, str(asked.facet), FormFault(f"f-{asked.facet}", "fault.answer"), faults)
    changed = replace(
        draft,
        answers=answers,
        facets=facets,
        words={name: said for name, said in words.items() if said},
        # What was too long to be kept is what stands there now.
        cut=draft.cut and not any(item.scale is Scale.TEXT for item in step.items),
    )
    return changed, [*faults, *too_long(step, changed)]


def _take(
    said: str,
    offered: Mapping[str, AnswerT],
    taken: dict[str, AnswerT | None],
    name: str,
    fault: FormFault,
    faults: list[FormFault],
) -> None:
    """Take what was chosen of what was offered, or that nothing was; anything else is a fault."""
    if said == SKIPPED:
        taken[name] = None
    elif said in offered:
        taken[name] = offered[said]
    else:
        faults.append(fault)


def too_long(step: Step, draft: Draft) -> list[FormFault]:
    """What of a step was answered in more words than are taken; they are kept, to be made shorter."""
    return [
        FormFault(f"q-{item.item_id}", "fault.words")
        for item in step.items
        if len(draft.words.get(item.item_id, "")) > LONGEST_TEXT
    ]


def response_of(draft: Draft, form: Form) -> dict[str, dict[str, int | str | None]]:
    """The answers as they are sent in: what was left out, or is asked no more, is not there."""
    answers: dict[str, int | str | None] = {
        item.item_id: draft.answers[item.item_id] for item in form.closed_items if item.item_id in draft.answers
    }
    answers |= {item.item_id: draft.words[item.item_id] for item in form.open_items if item.item_id in draft.words}
    facets: dict[str, int | str | None] = {
        asked.facet: draft.facets[asked.facet] for asked in form.facets if draft.facets.get(asked.facet) is not None
    }
    return {"answers": answers, "facets": facets}
