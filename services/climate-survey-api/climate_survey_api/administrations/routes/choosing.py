"""What parents decided, over HTTP: recorded, counted, taken back. No student can be read."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from climate_survey_api.administrations.errors import (
    AdministrationNotFound,
    AlreadyClosed,
    ChoiceUnsound,
    NothingToDecide,
    ParentalChoiceNotFound,
)
from climate_survey_api.administrations.operations import choosing
from climate_survey_api.administrations.operations.choosing import RecordParentalChoice
from climate_survey_api.administrations.rules import Administration, ParentalChoice
from climate_survey_api.administrations.views import find_administration
from climate_survey_api.administrations.views.choices import counts_by_school
from climate_survey_api.changes import OnOptedOut
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.db import ReadSession
from shared.http.bodies import Id, SourcedId
from shared.http.problems import problems
from shared.http.runtime import AtHand, ReadOnlySession, WriteSession, allowed

MOST_CHOICES = 1000
_PATH = "/{administration_id}/parental-choices"


def _as_list(sent: Any) -> Any:
    return [sent] if isinstance(sent, dict) else sent


Planner = Annotated[Caller, Depends(allowed(Permission.SURVEYS_PLAN))]
Choices = Annotated[
    list[RecordParentalChoice],
    Field(min_length=1, max_length=MOST_CHOICES),
    BeforeValidator(_as_list, json_schema_input_type=RecordParentalChoice | list[RecordParentalChoice]),
]
"""One, or a list of them; a fault's path begins with the place in the list, 0 for one alone."""


class SchoolChoices(BaseModel):
    """How many parents of a school decided what."""

    school_id: str
    opted_out: int
    consented: int


class ParentalChoices(BaseModel):
    """How many parents decided what, by school."""

    rows: list[SchoolChoices] = Field(description="By id; schools of which no parent decided anything are absent.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rows": [{"school_id": "s-1", "opted_out": 3, "consented": 0}]}]}
    )


def parental_choice_routes(on_opted_out: OnOptedOut) -> APIRouter:
    """The routes; `on_opted_out` is what follows for the students' codes.

    They remember no request: its digest is not keyed, and students could be tried out against it.
    """
    router = APIRouter(prefix="/v1/administrations", tags=["surveys"])

    @router.post(
        _PATH,
        responses=problems(AdministrationNotFound, AlreadyClosed, NothingToDecide, ChoiceUnsound),
    )
    async def record_parental_choices(
        caller: Planner, administration_id: Id, sent: Choices, session: WriteSession, at_hand: AtHand
    ) -> ParentalChoices:
        """Record what a student's parents decided, or those of up to 1,000; a later decision replaces an earlier one.

        No more access codes are made for students than may be asked; one that was made for a student who is not to be
        asked, and was not used, opens nothing any more. All of a list are recorded, or none; sent again,
        nothing doubles.
        """
        there = await choosing.record_choices(
            session, at_hand.ring, administration_id, sent, caller=caller, on_opted_out=on_opted_out
        )
        return await _counted(session, there, caller)

    @router.get(_PATH, responses=problems(AdministrationNotFound))
    async def count_parental_choices(
        caller: Planner, administration_id: Id, session: ReadOnlySession
    ) -> ParentalChoices:
        """How many parents decided what at each of the caller's schools. Whose is told to nobody."""
        there = await find_administration(session, caller.district_id, administration_id)
        if not any(caller.sees_school(unit.school_id) for unit in there.units):
            raise AdministrationNotFound
        return await _counted(session, there, caller)

    @router.delete(
        _PATH + "/{student_id}",
        status_code=204,
        responses=problems(AdministrationNotFound, ParentalChoiceNotFound, AlreadyClosed, NothingToDecide),
    )
    async def forget_parental_choice(
        caller: Planner, administration_id: Id, student_id: SourcedId, session: WriteSession, at_hand: AtHand
    ) -> None:
        """Take back what a student's parents decided, as if they had never said anything."""
        await choosing.forget_choice(
            session, at_hand.ring, administration_id, student_id, caller=caller, on_opted_out=on_opted_out
        )

    return router


async def _counted(session: ReadSession, there: Administration, caller: Caller) -> ParentalChoices:
    counts = await counts_by_school(session, there)
    return ParentalChoices(
        rows=[
            SchoolChoices(
                school_id=school_id,
                opted_out=chosen.get(ParentalChoice.OPTED_OUT, 0),
                consented=chosen.get(ParentalChoice.CONSENTED, 0),
            )
            for school_id, chosen in sorted(counts.items())
            if caller.sees_school(school_id)
        ]
    )
