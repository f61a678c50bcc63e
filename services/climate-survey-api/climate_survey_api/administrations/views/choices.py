"""Who may be asked, as parents decided: for whoever makes access codes."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select

from climate_survey_api.administrations.digests import digests_of
from climate_survey_api.administrations.models import parental_choices
from climate_survey_api.administrations.rules import Administration, ConsentMode, ParentalChoice, may_ask, most_places
from shared.crypto import KeyRing
from shared.db import ReadSession

_C = parental_choices.c


async def may_be_asked(
    session: ReadSession, ring: KeyRing, administration: Administration, student_ids: Collection[str]
) -> set[str]:
    """Those of these students whose parents leave it open, or gave their consent where that is needed."""
    if administration.consent_kept is ConsentMode.NONE:
        return set(student_ids)
    digests = await digests_of(session, ring, administration.administration_id, student_ids)
    chosen = select(_C.student_digest, _C.choice).where(*_of(administration))
    known = {bytes(row.student_digest): ParentalChoice(row.choice) for row in await session.execute(chosen)}
    return {
        student_id
        for student_id in student_ids
        if may_ask(administration.consent_kept, known.get(digests.get(student_id, b"")))
    }


async def places(session: ReadSession, administration: Administration, school_id: str) -> int | None:
    """How many codes may be made for students of a school at most; None: as many as are wanted."""
    counts = await counts_by_school(session, administration)
    return most_places(administration, school_id, counts.get(school_id, {}))


async def counts_by_school(
    session: ReadSession, administration: Administration
) -> dict[str, dict[ParentalChoice, int]]:
    """How many parents of each school chose what; schools and choices of which there are none are absent."""
    counted = select(_C.school_id, _C.choice, func.count().label("students")).where(*_of(administration))
    counts: dict[str, dict[ParentalChoice, int]] = {}
    for row in await session.execute(counted.group_by(_C.school_id, _C.choice)):
        counts.setdefault(row.school_id, {})[ParentalChoice(row.choice)] = row.students
    return counts


def _of(administration: Administration) -> tuple[ColumnElement[bool], ...]:
    mine = _C.district_id == administration.district_id
    return (mine, _C.administration_id == administration.administration_id)
