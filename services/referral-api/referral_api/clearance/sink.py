"""Writes what the training registry announces into the register: of each officer and agreement the newest version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from referral_api.clearance.models import agreements_known, officer_standings
from shared.bulk import bulk_upsert
from shared.db import Session
from shared.events.base import Event
from shared.events.training import AgreementChanged, OfficerStandingChanged

_STANDING = ("district_id", "officer_id", "version", "body")
_AGREEMENT = ("district_id", "agreement_id", "agency_id", "version", "body")


@dataclass(frozen=True, slots=True)
class Newest:
    """Of each officer and each agreement among some events the one with the highest version."""

    standings: dict[tuple[str, str], OfficerStandingChanged] = field(default_factory=dict)
    agreements: dict[tuple[str, str], AgreementChanged] = field(default_factory=dict)


def newest_of(events: Iterable[Event]) -> Newest:
    """What of some events the register keeps; their order, and how often each came, changes nothing."""
    newest = Newest()
    for event in events:
        if isinstance(event, OfficerStandingChanged):
            officer = (event.district_id, event.officer_id)
            if officer not in newest.standings or newest.standings[officer].version < event.version:
                newest.standings[officer] = event
        elif isinstance(event, AgreementChanged):
            agreement = (event.district_id, event.agreement_id)
            if agreement not in newest.agreements or newest.agreements[agreement].version < event.version:
                newest.agreements[agreement] = event
    return newest


class ClearanceSink:
    """The consumer's sink. Rows are written in the order of their keys, so that two readers wait and none for ever."""

    known: Mapping[str, type[Event]] = MappingProxyType(
        {event.name: event for event in (OfficerStandingChanged, AgreementChanged)}
    )

    def prepare(self, events: Iterable[Event]) -> Newest:
        """The newest version of each among these events."""
        return newest_of(events)

    async def store(self, session: Session, prepared: Newest) -> None:
        """Replace what is older, within the consumer's transaction."""
        standings = [
            (*key, event.version, event.model_dump_json()) for key, event in sorted(prepared.standings.items())
        ]
        await bulk_upsert(session, officer_standings, _STANDING, standings, on_conflict="replace", newer_by="version")
        agreements = [
            (*key, event.agency_id, event.version, event.model_dump_json())
            for key, event in sorted(prepared.agreements.items())
        ]
        await bulk_upsert(session, agreements_known, _AGREEMENT, agreements, on_conflict="replace", newer_by="version")
