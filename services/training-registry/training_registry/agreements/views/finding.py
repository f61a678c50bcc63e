"""The agreements of a district as they are stored: as known now or at an instant, one by one, in lists, by version."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Row, and_, func, or_, select

from shared.auth import Caller
from shared.db import ReadSession
from shared.events.training import AgreementStatus
from training_registry.agreements import rules
from training_registry.agreements.eras import REPLACING, Change, Era, place_on
from training_registry.agreements.errors import AgreementNotFound
from training_registry.agreements.models import agreement_signatures, agreement_versions
from training_registry.agreements.rules import (
    Agreement,
    Clause,
    ClauseState,
    ClauseTerm,
    Facts,
    FerpaBasis,
    Party,
    Terms,
)

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """An agreement after one of its changes, as it is stored: what may name people is sealed."""

    era: Era
    row: Row[Any]
    signatures: Sequence[Row[Any]]
    terminated_because: str | None

    @property
    def facts(self) -> Facts:
        """What its status follows from."""
        return self.era.facts

    @property
    def version(self) -> int:
        """The number of the change."""
        version: int = self.row.version
        return version


async def agreements_known(
    session: ReadSession, district_id: str, *, known_at: datetime | None = None
) -> list[Agreement]:
    """Every agreement of the district as it was known at that instant, or is known now.

    By id, each one as its terms are last and once more for all terms that were in force before others took their place.
    """
    known: list[Agreement] = []
    for eras in (await _eras(session, district_id, known_at=known_at)).values():
        *replaced, last = (kept.era.agreement() for kept in eras)
        known += [agreement for agreement in replaced if agreement.in_force_from is not None]
        known.append(last)
    return known


async def kept_agreements(
    session: ReadSession,
    district_id: str,
    *,
    only: Collection[str] | None = None,
    after: str | None = None,
    limit: int | None = None,
    known_at: datetime | None = None,
) -> list[Kept]:
    """The newest version of each agreement that was recorded by then, by id: those named, or behind `after`."""
    v = agreement_versions.c
    wanted = [v.district_id == district_id]
    if only is not None:
        wanted.append(v.agreement_id.in_(only))
    if after is not None:
        wanted.append(v.agreement_id > after)
    if known_at is not None:
        wanted.append(v.recorded_at <= known_at)
    newest = select(v.agreement_id, func.max(v.version).label("version")).where(*wanted).group_by(v.agreement_id)
    found = newest.order_by(v.agreement_id).limit(limit).subquery()
    same = and_(v.agreement_id == found.c.agreement_id, v.version == found.c.version)
    rows = await session.execute(
        select(agreement_versions).join(found, same).where(v.district_id == district_id).order_by(v.agreement_id)
    )
    versions = rows.all()
    named = None if only is None and limit is None else [row.agreement_id for row in versions]
    signed = await _signatures(session, district_id, only=named, known_at=known_at)
    return [_kept(row, signed.get((row.agreement_id, row.terms_version), [])) for row in versions]


async def list_agreements(
    session: ReadSession,
    caller: Caller,
    *,
    school_id: str | None,
    status: AgreementStatus | None,
    on: date,
    known_at: datetime | None,
    after: str | None,
    limit: int,
) -> list[Kept]:
    """Agreements behind `after` that touch a school of the caller, by id; of that school, and that stand so that day.

    The status follows from signatures and days, so it is looked at here and not in the database: a district has tens.
    """
    found: list[Kept] = []
    while len(found) < limit:
        chunk = await kept_agreements(session, caller.district_id, after=after, limit=_CHUNK, known_at=known_at)
        seen = [kept.facts.agreement_id for kept in chunk if touches(caller, kept.facts)]
        eras = await _eras(session, caller.district_id, only=seen, known_at=known_at)
        found += [
            kept
            for kept in (_on(eras[agreement_id], on) for agreement_id in seen)
            if (school_id is None or school_id in kept.facts.terms.school_ids)
            and (status is None or rules.status_on(kept.facts, on) is status)
        ]
        if len(chunk) < _CHUNK:
            break
        after = chunk[-1].facts.agreement_id
    return found[:limit]


async def find_agreement(
    session: ReadSession, caller: Caller, agreement_id: str, *, known_at: datetime | None = None
) -> Kept:
    """The agreement as known then. Raises: AgreementNotFound, also where it touches none of the caller's schools."""
    found = await kept_agreements(session, caller.district_id, only=[agreement_id], known_at=known_at)
    if not found or not touches(caller, found[0].facts):
        raise AgreementNotFound
    return found[0]


async def find_agreement_on(
    session: ReadSession, caller: Caller, agreement_id: str, on: date, *, known_at: datetime | None = None
) -> Kept:
    """The agreement with the terms that were its terms on that day. Raises: AgreementNotFound, as `find_agreement`."""
    await find_agreement(session, caller, agreement_id, known_at=known_at)
    eras = await _eras(session, caller.district_id, only=[agreement_id], known_at=known_at)
    return _on(eras[agreement_id], on)


async def versions_of(
    session: ReadSession, caller: Caller, agreement_id: str, *, before: int | None, limit: int
) -> list[Kept]:
    """What each change left, newest first, older than version `before`, with the signatures there were by then.

    Raises: AgreementNotFound.
    """
    await find_agreement(session, caller, agreement_id)
    v = agreement_versions.c
    wanted = select(agreement_versions).where(v.district_id == caller.district_id, v.agreement_id == agreement_id)
    if before is not None:
        wanted = wanted.where(v.version < before)
    rows = await session.execute(wanted.order_by(v.version.desc()).limit(limit))
    signed = await _signatures(session, caller.district_id, only=[agreement_id])
    return [
        _kept(row, [s for s in signed.get((agreement_id, row.terms_version), []) if s.version <= row.version])
        for row in rows
    ]


def touches(caller: Caller, facts: Facts) -> bool:
    """Whether the agreement is for a school that is open to the caller."""
    return caller.school_ids is None or not caller.school_ids.isdisjoint(facts.terms.school_ids)


async def _eras(
    session: ReadSession, district_id: str, *, only: Collection[str] | None = None, known_at: datetime | None = None
) -> Mapping[str, list[Kept]]:
    """All terms that an agreement had by then, oldest first, each as the last version before others replaced them.

    By the ids of the agreements, in their order. That one was ended counts for all of its terms.
    """
    this, later = agreement_versions, agreement_versions.alias("later")
    v, following = this.c, later.c
    same = [following.district_id == v.district_id, following.agreement_id == v.agreement_id]
    same.append(following.version == v.version + 1)
    wanted = [v.district_id == district_id, or_(following.version.is_(None), following.change.in_(REPLACING))]
    if only is not None:
        wanted.append(v.agreement_id.in_(only))
    if known_at is not None:
        wanted.append(v.recorded_at <= known_at)
        same.append(following.recorded_at <= known_at)
    told = select(this, following.change.label("replaced_by"), following.recorded_on.label("replaced_on"))
    rows = await session.execute(told.outerjoin(later, and_(*same)).where(*wanted).order_by(v.agreement_id, v.version))
    signed = await _signatures(session, district_id, only=only, known_at=known_at)
    eras: dict[str, list[Kept]] = defaultdict(list)
    for row in rows:
        earlier = eras[row.agreement_id]
        before = earlier[-1].row if earlier else None
        kept = _kept(
            row, [s for s in signed.get((row.agreement_id, row.terms_version), []) if s.version <= row.version]
        )
        era = Era(
            kept.facts,
            begins_on=before.replaced_on if before else None,
            replaced_on=row.replaced_on,
            keeps_signatures=before is not None and before.replaced_by == Change.NARROWED,
        )
        earlier.append(replace(kept, era=era))
    return {agreement_id: _ended_as_last(of_one) for agreement_id, of_one in eras.items()}


def _ended_as_last(eras: Sequence[Kept]) -> list[Kept]:
    last = eras[-1]
    return [
        replace(
            kept,
            era=replace(kept.era, facts=replace(kept.facts, terminated_on=last.facts.terminated_on)),
            terminated_because=last.terminated_because,
        )
        for kept in eras
    ]


def _on(eras: Sequence[Kept], on: date) -> Kept:
    return eras[place_on([kept.era for kept in eras], on)]


async def _signatures(
    session: ReadSession, district_id: str, *, only: Collection[str] | None = None, known_at: datetime | None = None
) -> Mapping[tuple[str, int], list[Row[Any]]]:
    s = agreement_signatures.c
    wanted = select(agreement_signatures).where(s.district_id == district_id)
    if only is not None:
        wanted = wanted.where(s.agreement_id.in_(only))
    if known_at is not None:
        wanted = wanted.where(s.recorded_at <= known_at)
    signed: dict[tuple[str, int], list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(wanted):
        signed[row.agreement_id, row.terms_version].append(row)
    return signed


def _kept(row: Row[Any], signed: Sequence[Row[Any]]) -> Kept:
    clauses = {Clause(name): ClauseTerm(**_term(told)) for name, told in orjson.loads(row.clauses).items()}
    terms = Terms(
        agency=row.agency,
        school_ids=frozenset(orjson.loads(row.school_ids)),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        clauses=clauses,
        ferpa_basis=FerpaBasis(row.ferpa_basis) if row.ferpa_basis else None,
    )
    signed_on = {Party(s.party): s.signed_on for s in signed}
    facts = Facts(row.agreement_id, terms, signed_on, review_on=row.review_on, terminated_on=row.terminated_on)
    in_order = sorted(signed, key=lambda s: list(Party).index(Party(s.party)))
    return Kept(Era(facts), row, in_order, row.terminated_because)


def _term(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "state": ClauseState(told["state"])}
