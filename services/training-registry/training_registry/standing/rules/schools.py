"""At which schools an officer may serve and open records on a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.events.training import BLOCKING, Blocks, StandingStatus
from training_registry.agencies import agency_id
from training_registry.agreements.rules import Agreement
from training_registry.officers.rules import Officer
from training_registry.requirements.rules import Requirement


class Missing(StrEnum):
    """What an officer lacks at a school; in the words of the refusal of a record."""

    TRAINING = "training"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class SchoolOn:
    """What an officer may do at a school on a day, and what keeps him from it."""

    school_id: str
    is_assigned: bool
    may_serve: bool
    may_open_records: bool
    because: tuple[str, ...]
    missing: frozenset[Missing]


def schools_on(
    officer: Officer,
    agreements: Iterable[Agreement],
    standings: Sequence[tuple[Requirement, StandingStatus]],
    as_of: date,
) -> list[SchoolOn]:
    """One for every school that he is, was or will be assigned to, by its id."""
    agency = agency_id(officer.agency)
    with_agency = [agreement for agreement in agreements if agency_id(agreement.agency) == agency]
    blocking = [(requirement, status) for requirement, status in standings if status in BLOCKING]
    schools = sorted({assignment.school_id for assignment in officer.assignments})
    return [_school_on(school, officer, with_agency, blocking, as_of) for school in schools]


def _school_on(
    school_id: str,
    officer: Officer,
    agreements: Sequence[Agreement],
    blocking: Sequence[tuple[Requirement, StandingStatus]],
    as_of: date,
) -> SchoolOn:
    assigned = officer.is_assigned(school_id, as_of)
    in_force = [a for a in agreements if school_id in a.school_ids and a.is_in_force(as_of)]
    opens = any(agreement.opens_records for agreement in in_force)
    kept_from = {blocks: [r for r, _ in blocking if blocks in r.blocks] for blocks in Blocks}
    missing = set()
    if not assigned or not opens:
        missing.add(Missing.AGREEMENT)
    if kept_from[Blocks.OPEN_RECORDS]:
        missing.add(Missing.TRAINING)
    may_serve = assigned and bool(in_force) and not kept_from[Blocks.SERVE]
    because = []
    if not assigned:
        because.append("He is not assigned to the school on that day.")
    if not in_force:
        because.append("No agreement with his agency is in force for the school.")
    elif not opens:
        because.append("The agreement does not open records: it lacks the no-discipline clause or a FERPA basis.")
    because += [
        f"{requirement.title} is {status}, which blocks {_listed(requirement.blocks)}."
        for requirement, status in blocking
        if requirement.blocks
    ]
    may_open = assigned and opens and not kept_from[Blocks.OPEN_RECORDS]
    return SchoolOn(school_id, assigned, may_serve, may_open, tuple(because), frozenset(missing))


def _listed(blocks: Iterable[Blocks]) -> str:
    return " and ".join(sorted(block.replace("_", " ") for block in blocks))
