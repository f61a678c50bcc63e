"""What can be read of the quotas: what is shipped, what the district asks for, and what its schools still owe."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, tzinfo
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import select

from shared.auth import Caller
from shared.db import ReadSession
from shared.events.training import DrillType
from training_registry.activities import rules
from training_registry.activities.errors import SchoolNotFound
from training_registry.activities.models import drill_quotas, drills
from training_registry.activities.rules import HeldDrill, Quota

NEVER_SET = 0
"""The version of quotas that the district has not set: none."""
ROW_EXAMPLE: dict[str, JsonValue] = {
    "quota_id": "ny-lockdown",
    "title": "Lockdown drills",
    "type": "lockdown",
    "least": 4,
    "from_month": None,
    "to_month": None,
    "source": "8 NYCRR 155.17",
}


class QuotaAsked(BaseModel):
    """So many drills of a type, or of any, within some months of the school year, both included."""

    quota_id: str
    title: str
    type: DrillType | None = Field(description="Only this type counts; null: any does.")
    least: int
    from_month: int | None
    to_month: int | None
    source: str


class ShippedQuotas(BaseModel):
    """What a state asks of its schools, as far as is known here."""

    jurisdiction: str
    title: str
    source: str
    as_of: date = Field(description="The day of the source: read it anew before you rely on it.")
    is_confirmed: bool = Field(description="Whether a source of the rule was read; false: from hearsay.")
    verified_by: str | None = Field(description="Who held it against the law; null: nobody of ours has.")
    remarks: list[str]
    rows: list[QuotaAsked]


class QuotaCatalogue(BaseModel):
    """The quotas that are shipped; a district takes them on with `PUT /v1/drill-quotas`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 1,
                    "jurisdictions": [
                        {
                            "jurisdiction": "US-NY",
                            "title": "New York",
                            "source": "8 NYCRR 155.17",
                            "as_of": "2024-06-06",
                            "is_confirmed": True,
                            "verified_by": None,
                            "remarks": ["Days and times are to vary."],
                            "rows": [ROW_EXAMPLE],
                        }
                    ],
                }
            ]
        }
    )

    version: int
    jurisdictions: list[ShippedQuotas]


class DrillQuotas(BaseModel):
    """How many drills the district asks of each of its schools in a school year."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 1, "adopted": "US-NY", "rows": [ROW_EXAMPLE]}]}
    )

    version: int
    adopted: str | None = Field(description="The jurisdiction whose shipped rows these are; null: the district's own.")
    rows: list[QuotaAsked]


class QuotaOfSchool(QuotaAsked):
    """A quota, and how far a school has come."""

    held: int
    missing: int


class QuotasOfSchool(BaseModel):
    """How far a school has come in a school year."""

    school_id: str
    drills: int
    days_varied: bool | None = Field(description="Whether they came on different weekdays; null: fewer than two.")
    times_varied: bool | None = Field(description="Whether they began at different hours; null: fewer than two.")
    quotas: list[QuotaOfSchool]


class QuotasOfSchools(BaseModel):
    """How far the caller's schools have come in a school year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "school_year": 2027,
                    "schools": [
                        {
                            "school_id": "s-1",
                            "drills": 3,
                            "days_varied": True,
                            "times_varied": False,
                            "quotas": [ROW_EXAMPLE | {"held": 3, "missing": 1}],
                        }
                    ],
                }
            ]
        }
    )

    school_year: int = Field(description="Named by the year it ends in.")
    schools: list[QuotasOfSchool]


@dataclass(frozen=True, slots=True)
class KnownQuotas:
    """A district's quotas, and the version by which a change of them is told."""

    quotas: tuple[Quota, ...] = ()
    adopted: str | None = None
    version: int = NEVER_SET


@lru_cache(maxsize=1)
def quota_catalogue() -> QuotaCatalogue:
    """What is shipped, as the file beside this package has it."""
    shipped = files("training_registry.activities") / "drill_quotas.json"
    return QuotaCatalogue.model_validate_json(shipped.read_bytes())


def quota_of(told: dict[str, Any]) -> Quota:
    """A quota from its fields."""
    return Quota(**told | {"type": DrillType(told["type"]) if told["type"] is not None else None})


def view_of(known: KnownQuotas) -> DrillQuotas:
    """A district's quotas as they are answered."""
    rows = [QuotaAsked(**asdict(quota)) for quota in known.quotas]
    return DrillQuotas(version=known.version, adopted=known.adopted, rows=rows)


async def find_quotas(session: ReadSession, district_id: str, *, for_update: bool = False) -> KnownQuotas:
    """What the district asks for; nothing until it has said so."""
    q = drill_quotas.c
    wanted = select(q.quotas, q.adopted, q.version).where(q.district_id == district_id)
    row = (await session.execute(wanted.with_for_update() if for_update else wanted)).one_or_none()
    if row is None:
        return KnownQuotas()
    return KnownQuotas(tuple(map(quota_of, orjson.loads(row.quotas))), row.adopted, row.version)


async def quotas_of_schools(
    session: ReadSession, caller: Caller, *, school_year: int, school_id: str | None, zone: tzinfo
) -> QuotasOfSchools:
    """How far each school has come.

    Shape: one row per school, by its id: those of the caller's token, the one that is asked for, and those that have
    held a drill in any year; this service knows no other schools of the district.
    Raises: SchoolNotFound, whether or not there is such a school.
    """
    if school_id is not None and not caller.sees_school(school_id):
        raise SchoolNotFound
    known = await find_quotas(session, caller.district_id)
    first, last = rules.days_of(school_year)
    asked = caller.school_ids if school_id is None else frozenset({school_id})
    d = drills.c
    theirs = [d.district_id == caller.district_id]
    if asked is not None:
        theirs.append(d.school_id.in_(sorted(asked)))
    ever = select(d.school_id).where(*theirs).distinct()
    schools = (asked or frozenset()) | set((await session.execute(ever)).scalars())
    wanted = select(d.school_id, d.type, d.held_on, d.held_at).where(*theirs, d.held_on.between(first, last))
    held: dict[str, list[HeldDrill]] = defaultdict(list)
    for row in await session.execute(wanted):
        hour = row.held_at.astimezone(zone).hour
        held[row.school_id].append(HeldDrill(DrillType(row.type), row.held_on, hour))
    told = [_of_school(school, held.get(school, []), known) for school in sorted(schools)]
    return QuotasOfSchools(school_year=school_year, schools=told)


def _of_school(school_id: str, drills_held: list[HeldDrill], known: KnownQuotas) -> QuotasOfSchool:
    variety = rules.variety(drills_held)
    quotas = []
    for quota in known.quotas:
        held = rules.held(quota, drills_held)
        quotas.append(QuotaOfSchool(**asdict(quota), held=held, missing=max(0, quota.least - held)))
    return QuotasOfSchool(
        school_id=school_id,
        drills=len(drills_held),
        days_varied=variety.days,
        times_varied=variety.times,
        quotas=quotas,
    )
