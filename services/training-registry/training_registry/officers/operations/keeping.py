"""Who an officer is: the command, then the function that writes it down."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from sqlalchemy import insert, select, update

from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.http.bodies import Line, StrictBody
from shared.http.etags import ensure_match
from training_registry.agencies import agency_id
from training_registry.changes import OnOfficersChanged
from training_registry.days import NearDay
from training_registry.officers.errors import OfficerNotFound
from training_registry.officers.models import officer_versions, officers
from training_registry.officers.rules import Position, ensure_not_own
from training_registry.officers.views.finding import ensure_officer_visible, find_officer
from training_registry.officers.views.records import officer_key, officer_view_of

NOT_YET = 0
"""The version of an officer of whom nothing was written down."""


class KeepOfficer(StrictBody):
    """Who an officer is."""

    name: Line = Field(description="Sealed; in no event and no log.")
    agency: Line = Field(description="Who employs him: an agreement has to be with it.")
    badge: Line | None = None
    position: Annotated[Position, Field(strict=False)] = Position.SRO
    appointed_on: NearDay = Field(description="When he was appointed to this post.")
    certified_on: NearDay | None = Field(None, description="When he became a law-enforcement officer.")
    left_on: NearDay | None = Field(None, description="His last day with the agency.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Pat Doe",
                    "agency": "City Police",
                    "badge": "77",
                    "appointed_on": "2026-01-05",
                    "certified_on": "2018-06-01",
                }
            ]
        }
    )

    @field_validator("left_on")
    @classmethod
    def _leaves_after_he_came(cls, left_on: date | None, info: ValidationInfo) -> date | None:
        appointed_on = info.data.get("appointed_on")
        if left_on is not None and appointed_on is not None and left_on < appointed_on:
            raise ValueError("must not be before appointed_on")
        return left_on


async def keep_officer(
    session: Session,
    officer_id: str,
    command: KeepOfficer,
    *,
    caller: Caller,
    ring: KeyRing,
    if_match: str | None,
    now: datetime,
    on_change: OnOfficersChanged,
) -> bool:
    """The officer is this; what follows for his standing is announced. The same again changes nothing.

    Whether he is new. What was known of him before stays known.
    Raises: OwnRecord, OfficerNotFound where he is not the caller's to see, ChangedMeanwhile.
    """
    district_id = caller.district_id
    ensure_not_own(officer_id, caller.sub)
    first = (district_id, officer_id, NOT_YET)
    await bulk_upsert(session, officers, ("district_id", "officer_id", "version"), [first], on_conflict="ignore")
    version = await lock_officer(session, district_id, officer_id)
    if version != NOT_YET:
        await ensure_officer_visible(session, caller, officer_id)
    ensure_match(if_match, version)
    recorded_at = now
    if version != NOT_YET:
        row = await find_officer(session, caller, officer_id)
        there = officer_view_of(row, ring)
        if all(getattr(there, name) == value for name, value in command):
            return False
        # The clock of another process may be behind; no version is known earlier than the one before it.
        recorded_at = max(now, row.recorded_at)
    written = _row_of(command, officer_id, district_id, version + 1, ring)
    written |= {"recorded_at": recorded_at, "recorded_by": caller.sub}
    await session.execute(insert(officer_versions).values(written))
    await session.execute(
        update(officers)
        .where(officers.c.district_id == district_id, officers.c.officer_id == officer_id)
        .values(version=version + 1)
    )
    await on_change(session, district_id=district_id, officer_ids=[officer_id], now=now)
    return version == NOT_YET


async def lock_officer(session: Session, district_id: str, officer_id: str) -> int:
    """His version; until the transaction ends nobody else changes anything of him. Raises: OfficerNotFound."""
    o = officers.c
    row = select(o.version).where(o.district_id == district_id, o.officer_id == officer_id).with_for_update()
    version: int | None = (await session.execute(row)).scalar_one_or_none()
    if version is None:
        raise OfficerNotFound
    return version


def _row_of(command: KeepOfficer, officer_id: str, district_id: str, version: int, ring: KeyRing) -> dict[str, Any]:
    key = officer_key(district_id, officer_id, version)

    def sealed(column: str, text: str | None) -> bytes | None:
        return None if text is None else ring.seal(text, table="officer_versions", column=column, key=key)

    return {
        "district_id": district_id,
        "officer_id": officer_id,
        "version": version,
        "name": sealed("name", command.name),
        "badge": sealed("badge", command.badge),
        "agency": command.agency,
        "agency_id": agency_id(command.agency),
        "position": command.position,
        "appointed_on": command.appointed_on,
        "certified_on": command.certified_on,
        "left_on": command.left_on,
    }
