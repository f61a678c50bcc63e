"""Saying how many drills the schools are to hold: the command, then the function that carries it out."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, cast

import orjson
from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from sqlalchemy import update

from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.db import Session
from shared.errors import Fault
from shared.events.training import DrillType
from shared.http.bodies import Line, StrictBody
from shared.http.etags import ensure_match
from shared.outbox import new_event_id, record
from training_registry.activities import announcements
from training_registry.activities.errors import NoSuchCatalogue
from training_registry.activities.models import drill_quotas
from training_registry.activities.rules import Quota
from training_registry.activities.views.quotas import (
    NEVER_SET,
    ROW_EXAMPLE,
    KnownQuotas,
    find_quotas,
    quota_catalogue,
    quota_of,
)
from training_registry.source import SOURCE

MOST_ROWS = 100
Month = Annotated[int, Field(ge=1, le=12)]


class AskForDrills(StrictBody):
    """So many drills of a type, or of any, within some months of the school year, both included."""

    quota_id: Line
    title: Line
    type: Annotated[DrillType, Field(strict=False)] | None = None
    least: int = Field(ge=1, le=366)
    from_month: Month | None = None
    to_month: Month | None = Field(None, validate_default=True, description="With `from_month`, or neither.")
    source: Line = Field(description="The law or policy that asks for it.")

    @field_validator("to_month")
    @classmethod
    def _has_a_beginning(cls, to_month: int | None, info: ValidationInfo) -> int | None:
        if (to_month is None) != (info.data.get("from_month") is None):
            raise ValueError("goes with from_month")
        return to_month


class SetDrillQuotas(StrictBody):
    """How many drills each school is to hold: what is shipped for a jurisdiction, or rows of the district's own."""

    adopt: Line | None = Field(None, description="A jurisdiction of the catalogue, for instance `US-NY`.")
    rows: list[AskForDrills] | None = Field(
        None, validate_default=True, max_length=MOST_ROWS, description="In place of `adopt`; empty: nothing is asked."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"adopt": "US-NY"}, {"rows": [ROW_EXAMPLE]}]})

    @field_validator("rows")
    @classmethod
    def _are_the_only_ones(cls, rows: list[AskForDrills] | None, info: ValidationInfo) -> list[AskForDrills] | None:
        if "adopt" in info.data and (rows is None) == (info.data["adopt"] is None):
            raise ValueError("are given, or adopt is; one of the two")
        if rows is not None and len({row.quota_id for row in rows}) < len(rows):
            raise ValueError("name a quota twice")
        return rows

    def quotas(self) -> tuple[Quota, ...]:
        """What is asked for from now on. Raises: NoSuchCatalogue."""
        if self.adopt is None:
            return tuple(quota_of(row.model_dump()) for row in cast(list[AskForDrills], self.rows))
        for shipped in quota_catalogue().jurisdictions:
            if shipped.jurisdiction == self.adopt:
                return tuple(quota_of(row.model_dump()) for row in shipped.rows)
        raise NoSuchCatalogue(errors=[Fault("adopt", "is no jurisdiction of the catalogue")])


async def set_drill_quotas(
    session: Session, command: SetDrillQuotas, *, caller: Caller, if_match: str | None, now: datetime
) -> KnownQuotas:
    """Each school is to hold so many drills; DrillQuotaSet is announced. The same again changes nothing.

    Raises: ChangedMeanwhile, NoSuchCatalogue.
    """
    quotas = command.quotas()
    # A first one too, so that two who set them come one by one.
    first = (caller.district_id, NEVER_SET, "[]", now)
    columns = ("district_id", "version", "quotas", "updated_at")
    await bulk_upsert(session, drill_quotas, columns, [first], on_conflict="ignore")
    before = await find_quotas(session, caller.district_id, for_update=True)
    ensure_match(if_match, before.version)
    after = KnownQuotas(quotas, command.adopt, before.version + 1)
    if before.version != NEVER_SET and (before.quotas, before.adopted) == (after.quotas, after.adopted):
        return before
    told = orjson.dumps([asdict(quota) for quota in quotas]).decode()
    await session.execute(
        update(drill_quotas)
        .where(drill_quotas.c.district_id == caller.district_id)
        .values(quotas=told, adopted=after.adopted, version=after.version, updated_at=now)
    )
    event = announcements.quotas_set(
        quotas, district_id=caller.district_id, version=after.version, event_id=new_event_id(), now=now
    )
    await record(session, event, source=SOURCE)
    return after
