"""What can be done to a credential: issued for a completion that counts, revoked with it; and to the keys that sign."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from uuid import UUID, uuid4

from sqlalchemy import select, update

from shared import outbox
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.events.training import CredentialIssued, CredentialRevoked
from training_registry.credentials import documents
from training_registry.credentials.keys import signer_of
from training_registry.credentials.models import credentials
from training_registry.credentials.rules import Alignment as Alignment
from training_registry.credentials.rules import Certified as Certified
from training_registry.credentials.signing import Signer
from training_registry.credentials.status_lists import take_places
from training_registry.requirements.catalogue import shipped_topics
from training_registry.source import SOURCE

_AT_ONCE = 1000
_COLUMNS = (
    "credential_id",
    "district_id",
    "completion_id",
    "officer_id",
    "status_list_id",
    "status_index",
    "valid_from_on",
    "valid_to_on",
    "jwt",
    "issued_at",
)


async def issue_credentials(
    session: Session,
    certified: Sequence[Certified],
    *,
    district_id: str,
    public_url: str,
    zone: tzinfo,
    ring: KeyRing,
    now: datetime,
) -> dict[UUID, UUID]:
    """A signed credential stands for each of these completions; CredentialIssued is announced of each that is new.

    The credential of each completion, by its id. A completion whose credential holds keeps it.
    """
    issued: dict[UUID, UUID] = {}
    for some in _batches(certified):
        held = await _that_hold(session, district_id, [one.completion_id for one in some])
        fresh = list({one.completion_id: one for one in some if one.completion_id not in held}.values())
        issued |= held
        if fresh:
            # Looked up anew for each batch: it costs nothing beside the signatures.
            signer = await signer_of(session, district_id=district_id, public_url=public_url, ring=ring, now=now)
            issued |= await _sign_and_keep(
                session, fresh, signer, district_id=district_id, public_url=public_url, zone=zone, now=now
            )
    return issued


async def revoke_credential(session: Session, *, district_id: str, completion_id: UUID, now: datetime) -> None:
    """The completion's credential holds no more; CredentialRevoked is announced. Without one, or again, nothing.

    Why is said of the completion that is revoked with it.
    """
    table = credentials
    revoked = await session.execute(
        update(table)
        .where(table.c.district_id == district_id, table.c.completion_id == completion_id, table.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(table.c.credential_id, table.c.officer_id)
    )
    row = revoked.one_or_none()
    if row is not None:
        event = CredentialRevoked(
            event_id=outbox.new_event_id(),
            occurred_at=now,
            district_id=district_id,
            credential_id=row.credential_id,
            completion_id=completion_id,
            officer_id=row.officer_id,
        )
        await outbox.record(session, event, source=SOURCE)


async def _sign_and_keep(
    session: Session,
    certified: Sequence[Certified],
    signer: Signer,
    *,
    district_id: str,
    public_url: str,
    zone: tzinfo,
    now: datetime,
) -> dict[UUID, UUID]:
    status_list_id, places = await take_places(session, len(certified), district_id=district_id, now=now)
    issued = {one.completion_id: uuid4() for one in certified}
    rows = []
    for one, place in zip(certified, places, strict=True):
        credential_id = issued[one.completion_id]
        document = documents.credential(
            _with_topics(one),
            credential_id=credential_id,
            district_id=district_id,
            public_url=public_url,
            status_list_id=status_list_id,
            status_index=place,
            zone=zone,
        )
        whose = (credential_id, district_id, one.completion_id, one.officer_id, status_list_id, place)
        rows.append((*whose, one.completed_on, one.expires_on, signer.sign(document), now))
    await bulk_upsert(session, credentials, _COLUMNS, rows, on_conflict="ignore")
    events = (_issued(one, issued[one.completion_id], district_id, now) for one in certified)
    await outbox.record(session, *events, source=SOURCE)
    return issued


def _with_topics(certified: Certified) -> Certified:
    """The completion aligned with the topics that it has of those that are shipped, each with the text that asks it."""
    shipped = shipped_topics().topics
    topics = [shipped[code] for code in sorted(certified.topics) if code in shipped]
    aligned = [Alignment(topic.name, topic.code, None, topic.source) for topic in topics]
    return replace(certified, alignments=(*certified.alignments, *aligned))


def _issued(certified: Certified, credential_id: UUID, district_id: str, now: datetime) -> CredentialIssued:
    return CredentialIssued(
        event_id=outbox.new_event_id(),
        occurred_at=now,
        district_id=district_id,
        credential_id=credential_id,
        completion_id=certified.completion_id,
        officer_id=certified.officer_id,
        valid_from_on=certified.completed_on,
        valid_to_on=certified.expires_on,
    )


async def _that_hold(session: Session, district_id: str, completion_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    table = credentials
    wanted = select(table.c.completion_id, table.c.credential_id).where(
        table.c.district_id == district_id, table.c.completion_id.in_(completion_ids), table.c.revoked_at.is_(None)
    )
    return {row.completion_id: row.credential_id for row in await session.execute(wanted)}


def _batches(certified: Sequence[Certified]) -> Iterator[Sequence[Certified]]:
    """So many at once as a statement takes parameters for."""
    return (certified[at : at + _AT_ONCE] for at in range(0, len(certified), _AT_ONCE))
