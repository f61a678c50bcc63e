"""What is announced of an agreement: every change, and what time alone has brought."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from shared.events.base import Event
from shared.events.training import AgreementChanged, AgreementEndApproached, AgreementTurned
from shared.outbox import new_event_id
from training_registry.agencies import agency_id
from training_registry.agreements.rules import Facts, Reminder, StatusTurn, agreement_of


def changed(facts: Facts, *, district_id: str, version: int, now: datetime) -> AgreementChanged:
    """The agreement stands so from this version on."""
    agreement = agreement_of(facts)
    return AgreementChanged(
        event_id=new_event_id(),
        occurred_at=now,
        district_id=district_id,
        agreement_id=facts.agreement_id,
        version=version,
        agency_id=agency_id(agreement.agency),
        school_ids=tuple(sorted(agreement.school_ids)),
        in_force_from=agreement.in_force_from,
        in_force_to=agreement.in_force_to,
        opens_records=agreement.opens_records,
    )


def turned(
    turns: Iterable[StatusTurn | Reminder], *, district_id: str, agreement_id: str, now: datetime
) -> Iterator[Event]:
    """One event for each turn and each reminder, in their order."""
    for turn in turns:
        if isinstance(turn, StatusTurn):
            yield AgreementTurned(
                event_id=new_event_id(),
                occurred_at=now,
                district_id=district_id,
                agreement_id=agreement_id,
                status=turn.status,
                turned_on=turn.turned_on,
            )
        else:
            yield AgreementEndApproached(
                event_id=new_event_id(),
                occurred_at=now,
                district_id=district_id,
                agreement_id=agreement_id,
                ends=turn.ends,
                on=turn.on,
                days_ahead=turn.days_ahead,
            )
