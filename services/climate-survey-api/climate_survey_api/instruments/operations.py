"""What can be done to a district's instruments: a version is kept. None is ever changed or taken away."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update

from climate_survey_api.instruments.catalogue import shipped_instruments
from climate_survey_api.instruments.document import InstrumentDocument, faults_of
from climate_survey_api.instruments.errors import InstrumentIsShipped, InstrumentUnsound
from climate_survey_api.instruments.models import instrument_versions, instruments
from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.db import Session

_NEVER_KEPT = 0


class KeptVersion(NamedTuple):
    """The version that says what was sent."""

    number: int
    is_new: bool


async def keep_instrument(
    session: Session, document: InstrumentDocument, *, caller: Caller, now: datetime
) -> KeptVersion:
    """The district can ask this: the instrument's first version, or its next one. What the newest says makes none.

    Raises: InstrumentIsShipped, InstrumentUnsound.
    """
    if document.instrument_id in shipped_instruments():
        raise InstrumentIsShipped
    if faults := faults_of(document):
        raise InstrumentUnsound(errors=faults)
    newest = await _to_add_to(session, caller.district_id, document.instrument_id)
    if newest != _NEVER_KEPT and await _says(session, caller.district_id, document, newest):
        return KeptVersion(newest, is_new=False)
    version = newest + 1
    await session.execute(
        insert(instrument_versions).values(
            district_id=caller.district_id,
            instrument_id=document.instrument_id,
            version=version,
            document=document.to_json(),
            recorded_at=now,
            recorded_by=caller.sub,
        )
    )
    i = instruments.c
    its_row = (i.district_id == caller.district_id) & (i.instrument_id == document.instrument_id)
    await session.execute(update(instruments).where(its_row).values(version=version))
    return KeptVersion(version, is_new=True)


async def _to_add_to(session: Session, district_id: str, instrument_id: str) -> int:
    """The number of its newest version; locked until the transaction ends, a first one too."""
    first = (district_id, instrument_id, _NEVER_KEPT)
    columns = ("district_id", "instrument_id", "version")
    await bulk_upsert(session, instruments, columns, [first], on_conflict="ignore")
    i = instruments.c
    locked = select(i.version).where(i.district_id == district_id, i.instrument_id == instrument_id).with_for_update()
    return int((await session.execute(locked)).scalar_one())


async def _says(session: Session, district_id: str, document: InstrumentDocument, version: int) -> bool:
    v = instrument_versions.c
    its = (v.district_id == district_id) & (v.instrument_id == document.instrument_id) & (v.version == version)
    kept = (await session.execute(select(v.document).where(its))).scalar_one()
    return InstrumentDocument.model_validate_json(kept).says_the_same_as(document)
