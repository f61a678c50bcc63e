"""What can be done with answers: dropped into the box, and the box emptied."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from sqlalchemy import delete

from climate_survey_api.access_codes.errors import CodeUsed
from climate_survey_api.access_codes.operations import burn_code, present_code
from climate_survey_api.access_codes.rules import Presented
from climate_survey_api.administrations.operations import locked_administration
from climate_survey_api.responses.errors import AnswersRefused
from climate_survey_api.responses.forms import asked_in
from climate_survey_api.responses.keys import destroy_key, key_of, make_key
from climate_survey_api.responses.models import ballots
from climate_survey_api.responses.rules import Answers, Asked, Ballot, ensure_takes_answers, read_answers
from climate_survey_api.responses.sealing import room_for, seal_ballot
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.errors import Fault
from shared.http.bodies import StrictBody

_COLUMNS = tuple(column.name for column in ballots.columns)


def _readable(code: Any) -> Any:
    # Half a character, as JSON can write it, is part of no code: unknown like any other text, not a fault.
    return code.encode(errors="replace").decode() if isinstance(code, str) else code


_ANSWERS = {
    "type": "object",
    "additionalProperties": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}, {"type": "null"}]},
}
_FACETS = {
    "anyOf": [
        {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        {"type": "null"},
    ]
}


class SubmitResponse(StrictBody):
    """Answers, and the code that opens the survey once."""

    code: Annotated[str, BeforeValidator(_readable)] = Field(description="As it is printed; dashes may be left out.")
    # Held against what is asked once the code is known: who has none is told nothing about the form.
    answers: Annotated[object, WithJsonSchema(_ANSWERS)] = Field(
        description="By item: the number of a point or choice, or a text; null leaves the item out."
    )
    facets: Annotated[object, WithJsonSchema(_FACETS)] = Field(
        None, description="What the respondent says about themself, by facet; null leaves it out."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "7KHD-M4PX-9RWC",
                    "answers": {"safe_in_hallways": 3, "treated_fairly": None},
                    "facets": {"grade_band": "9_12"},
                }
            ]
        }
    )


async def make_box(session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID) -> None:
    """Make the key that this administration's answers are sealed with. Again, nothing doubles."""
    await make_key(session, ring, district_id=district_id, administration_id=administration_id)


async def submit_response(session: Session, ring: KeyRing, command: SubmitResponse, *, now: datetime) -> None:
    """Burn the code and drop the answers into the box, sealed: of many at once with one code, one counts.

    Announces nothing. Whatever is raised leaves the code as it was.
    Raises: CodeUnknown (404), CodeUsed (410), SurveyNotOpen (409), SurveyClosed (410), AnswersRefused (422).
    """
    presented = await present_code(session, ring, command.code)
    if presented.is_used:
        raise CodeUsed
    administration = await locked_administration(session, presented.administration_id)
    ensure_takes_answers(administration, now)
    asked = await asked_in(session, administration, presented.respondent_group)
    answers = ensure_answers(asked, command.answers, command.facets)
    await burn_code(session, presented)
    await _drop(session, ring, presented, asked, answers)


def ensure_answers(asked: Asked, answers: object, facets: object) -> Answers:
    """What was said, as it is counted. Raises: AnswersRefused (422)."""
    read = read_answers(asked, answers, facets)
    faults = read.faults or ((Fault("answers", "holds no answer"),) if read.is_empty else ())
    if faults:
        raise AnswersRefused(errors=faults)
    return read


async def _drop(session: Session, ring: KeyRing, presented: Presented, asked: Asked, answers: Answers) -> None:
    ballot = Ballot(presented.school_id, presented.respondent_group, answers.answers, answers.facets, answers.comments)
    administration_id, ballot_id = presented.administration_id, uuid4()
    sealed = seal_ballot(
        await key_of(session, ring, administration_id),
        ballot,
        administration_id=administration_id,
        ballot_id=ballot_id,
        room=room_for(asked),
    )
    row = (administration_id, ballot_id, presented.district_id, ballot.school_id, ballot.respondent_group, sealed)
    dropped = await bulk_upsert(session, ballots, _COLUMNS, [row], on_conflict="ignore")
    assert dropped == 1, "no id comes up twice by chance"


async def empty_box(session: Session, *, district_id: str, administration_id: UUID) -> None:
    """Destroy what is in the box and the key to it: the answers were counted."""
    await session.execute(
        delete(ballots).where(ballots.c.administration_id == administration_id, ballots.c.district_id == district_id)
    )
    await destroy_key(session, district_id=district_id, administration_id=administration_id)
