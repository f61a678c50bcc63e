"""What parents decided about a survey: recorded, taken back. Nobody can read it again, student by student."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field
from sqlalchemy import delete, select

from climate_survey_api.administrations.digests import digests_of, ensure_key
from climate_survey_api.administrations.errors import (
    AdministrationNotFound,
    AlreadyClosed,
    ChoiceUnsound,
    NothingToDecide,
    ParentalChoiceNotFound,
)
from climate_survey_api.administrations.models import parental_choices
from climate_survey_api.administrations.operations.marking import administration_to_change
from climate_survey_api.administrations.rules import Administration, ConsentMode, ParentalChoice, Status
from climate_survey_api.changes import OnOptedOut
from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.errors import Fault
from shared.events.surveys import RespondentGroup
from shared.http.bodies import SourcedId, StrictBody

_C = parental_choices.c


class RecordParentalChoice(StrictBody):
    """A student's parents have decided about this survey."""

    school_id: SourcedId = Field(description="The student's school.")
    student_id: SourcedId = Field(description="Kept as a keyed digest alone.")
    choice: Annotated[ParentalChoice, Field(strict=False)]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"school_id": "s-1", "student_id": "u-17", "choice": "opted_out"}]}
    )


async def record_choices(
    session: Session,
    ring: KeyRing,
    administration_id: UUID,
    choices: Sequence[RecordParentalChoice],
    *,
    caller: Caller,
    on_opted_out: OnOptedOut,
) -> Administration:
    """These parents have decided so; whatever they had decided before is forgotten. The survey they decided about.

    A code that was made for a student who is not to be asked opens nothing any more, unless it was used.
    Raises: AdministrationNotFound, AlreadyClosed, NothingToDecide, ChoiceUnsound.
    """
    there = await _undecided(session, administration_id, caller)
    if faults := _faults_of(there, choices, caller):
        raise ChoiceUnsound(errors=faults)
    await ensure_key(session, ring, administration_id)
    digests = await digests_of(session, ring, administration_id, [choice.student_id for choice in choices])
    await _ensure_his(session, there, choices, digests, caller)
    rows = [
        (caller.district_id, administration_id, digests[one.student_id], one.school_id, one.choice.value)
        for one in choices
    ]
    columns = ("district_id", "administration_id", "student_digest", "school_id", "choice")
    await bulk_upsert(session, parental_choices, columns, rows, on_conflict="replace")
    out = [one.student_id for one in choices if one.choice is ParentalChoice.OPTED_OUT]
    await on_opted_out(
        session, ring, district_id=caller.district_id, administration_id=administration_id, student_ids=out
    )
    return there


async def forget_choice(
    session: Session,
    ring: KeyRing,
    administration_id: UUID,
    student_id: str,
    *,
    caller: Caller,
    on_opted_out: OnOptedOut,
) -> None:
    """The student's parents have decided nothing: where it takes their consent, he is not to be asked.

    Raises: AdministrationNotFound, AlreadyClosed, NothingToDecide, ParentalChoiceNotFound.
    """
    there = await _undecided(session, administration_id, caller)
    digests = await digests_of(session, ring, administration_id, [student_id])
    of_it = (_C.district_id == caller.district_id, _C.administration_id == administration_id)
    his = (*of_it, _C.student_digest == digests.get(student_id, b""))
    school_id = (await session.execute(select(_C.school_id).where(*his))).scalar_one_or_none()
    if school_id is None or school_id not in _schools_seen(there, caller):
        raise ParentalChoiceNotFound
    await session.execute(delete(parental_choices).where(*his))
    if there.consent_kept is ConsentMode.OPT_IN:
        await on_opted_out(
            session,
            ring,
            district_id=caller.district_id,
            administration_id=administration_id,
            student_ids=[student_id],
        )


async def _undecided(session: Session, administration_id: UUID, caller: Caller) -> Administration:
    """An administration about which parents may still decide, locked."""
    there = await administration_to_change(session, caller.district_id, administration_id)
    if not any(caller.sees_school(unit.school_id) for unit in there.units):
        raise AdministrationNotFound
    if there.status is Status.CLOSED:
        raise AlreadyClosed
    if there.consent_kept is ConsentMode.NONE:
        raise NothingToDecide
    return there


async def _ensure_his(
    session: Session,
    there: Administration,
    choices: Sequence[RecordParentalChoice],
    digests: Mapping[str, bytes],
    caller: Caller,
) -> None:
    """Nobody replaces what parents at another school decided by naming his own. Raises: ChoiceUnsound."""
    if caller.school_ids is None:
        return
    of_it = (_C.district_id == there.district_id, _C.administration_id == there.administration_id)
    another_s = (_C.student_digest.in_(digests.values()), _C.school_id.not_in(caller.school_ids))
    recorded = await session.execute(select(_C.student_digest).where(*of_it, *another_s))
    found = {bytes(digest) for digest in recorded.scalars()}
    faults = [
        Fault(f"{place}.student_id", "is recorded at a school that the caller does not act for")
        for place, one in enumerate(choices)
        if digests[one.student_id] in found
    ]
    if faults:
        raise ChoiceUnsound(errors=faults)


def _faults_of(there: Administration, choices: Sequence[RecordParentalChoice], caller: Caller) -> list[Fault]:
    """What is wrong with them, by place in the list; never a student's id."""
    schools, faults, seen = _schools_seen(there, caller), [], set[str]()
    for place, one in enumerate(choices):
        if one.school_id not in schools:
            faults.append(Fault(f"{place}.school_id", "is no school at which this survey asks students"))
        if one.student_id in seen:
            faults.append(Fault(f"{place}.student_id", "names the student of another entry as well"))
        seen.add(one.student_id)
    return faults


def _schools_seen(there: Administration, caller: Caller) -> set[str]:
    """The caller's schools at which students are asked."""
    student = RespondentGroup.STUDENT
    return {u.school_id for u in there.units if u.respondent_group is student and caller.sees_school(u.school_id)}
