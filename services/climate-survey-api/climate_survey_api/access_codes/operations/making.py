"""Making access codes: a batch for one group of one school, shown once, kept as digests."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import ConfigDict, Field
from sqlalchemy import insert, select, text

from climate_survey_api.access_codes import rules
from climate_survey_api.access_codes.errors import CodesMadeBefore, RecipientsNotToBeAsked, SchoolNotFound
from climate_survey_api.access_codes.models import LIVE, access_codes, code_batches, code_requests
from climate_survey_api.access_codes.pepper import ensure_pepper
from climate_survey_api.access_codes.rules import MOST_MADE, POSSIBLE, MadeCode
from climate_survey_api.access_codes.views.units import codes_made
from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.operations import locked_administration, note_codes
from climate_survey_api.administrations.rules import Administration, Unit
from climate_survey_api.administrations.views import may_be_asked, places
from shared.auth import Caller
from shared.bulk import bulk_insert, bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.errors import Fault
from shared.events.surveys import RespondentGroup
from shared.http.bodies import SourcedId, StrictBody

Draw = Callable[[int], int]
"""Gives a number from 0 up to, and not including, the one it is given."""

_HOLD = text("SELECT pg_advisory_xact_lock(7215033, hashtext(:whose))")
"""Until the transaction ends nobody else makes codes of this survey; the first number is this lock's own."""
_COLUMNS = (
    "digest",
    "district_id",
    "administration_id",
    "school_id",
    "respondent_group",
    "batch_id",
    "is_used",
    "is_voided",
    "recipient",
    "recipient_digest",
)


class MakeAccessCodes(StrictBody):
    """Codes are to be made for a group of a school."""

    school_id: SourcedId
    respondent_group: Annotated[RespondentGroup, Field(strict=False)]
    count: int = Field(ge=1, le=MOST_MADE)
    recipients: list[SourcedId] | None = Field(
        None,
        min_length=1,
        max_length=MOST_MADE,
        description="Of a confidential survey, and of none else: whom each code is for, in the order of the answer, so "
        "that others can be reminded. Students by their sourcedId. Kept encrypted.",
    )

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"school_id": "s-1", "respondent_group": "student", "count": 30}]}
    )


@dataclass(frozen=True, slots=True)
class MadeBatch:
    """Codes as nobody will see them again."""

    batch_id: UUID
    administration: Administration
    unit: Unit
    """Whom they are for."""
    codes: Sequence[MadeCode]


async def make_access_codes(
    session: Session,
    ring: KeyRing,
    administration_id: UUID,
    command: MakeAccessCodes,
    *,
    caller: Caller,
    idempotency_key: str | None,
    now: datetime,
    draw: Draw = secrets.randbelow,
) -> MadeBatch:
    """So many more people of the group can answer, each once. Announces nothing.

    Raises: CodesMadeBefore, AdministrationNotFound, SchoolNotFound, SurveyOver, UnitNotAsked, RecipientsUnwanted,
    RecipientsMissing, RecipientsNotToBeAsked, NoPlacesLeft.
    """
    batch_id = uuid4()
    if idempotency_key is not None:
        await _note_request(session, idempotency_key, batch_id, caller=caller)
    if session.dialect.name == "postgresql":  # on SQLite there is one writer at a time
        await session.execute(_HOLD, {"whose": str(administration_id)})
    administration = await locked_administration(session, administration_id)
    _ensure_reaches(administration, command, caller)
    school_id, group = command.school_id, command.respondent_group
    unit = rules.ensure_may_make(
        administration, school_id, group, count=command.count, recipients=command.recipients, now=now
    )
    pepper = await ensure_pepper(session, ring)
    if group is RespondentGroup.STUDENT:
        taken = await codes_made(session, administration, school_id, group)
        rules.ensure_places(await places(session, administration, school_id), taken=taken, wanted=command.count)
    await _ensure_recipients(session, ring, pepper, administration, command)
    making = _Making(session, ring, pepper, batch_id, administration, command)
    codes = await making.insert_codes(draw)
    await _insert_batch(session, batch_id, administration, command, caller=caller, now=now)
    await note_codes(session, administration_id)
    return MadeBatch(batch_id, administration, unit, codes)


async def _note_request(session: Session, key: str, batch_id: UUID, *, caller: Caller) -> None:
    """Of two requests under one key the second is refused, also where both come at once. Raises: CodesMadeBefore."""
    row = (caller.district_id, caller.sub, key, batch_id)
    columns = ("district_id", "made_by", "idempotency_key", "batch_id")
    if await bulk_upsert(session, code_requests, columns, [row], on_conflict="ignore"):
        return
    r = code_requests.c
    mine = (r.district_id == caller.district_id, r.made_by == caller.sub, r.idempotency_key == key)
    made = (await session.execute(select(r.batch_id).where(*mine))).scalar_one()
    raise CodesMadeBefore(
        f"They are batch {made}. If nobody got them, void it and ask for others under another key.", batch_id=str(made)
    )


def _ensure_reaches(administration: Administration, command: MakeAccessCodes, caller: Caller) -> None:
    if administration.district_id != caller.district_id:
        raise AdministrationNotFound
    if not caller.sees_school(command.school_id):
        raise SchoolNotFound


async def _ensure_recipients(
    session: Session, ring: KeyRing, pepper: bytes, administration: Administration, command: MakeAccessCodes
) -> None:
    """Everybody named may be asked, and has no code yet. Raises: RecipientsNotToBeAsked, which tells the places."""
    recipients = command.recipients
    if recipients is None:
        return
    allowed = set(recipients)
    if command.respondent_group is RespondentGroup.STUDENT:
        allowed = await may_be_asked(session, ring, administration, recipients)
    digests = [_recipient_digest(recipient, pepper, administration, command) for recipient in recipients]
    c = access_codes.c
    known = select(c.recipient_digest).where(c.recipient_digest.in_(digests), LIVE)
    having = {bytes(digest) for digest in (await session.execute(known)).scalars()}
    faults = [
        Fault(f"recipients.{place}", "may not be asked" if recipient not in allowed else "has a code already")
        for place, (recipient, digest) in enumerate(zip(recipients, digests, strict=True))
        if recipient not in allowed or digest in having
    ]
    if faults:
        raise RecipientsNotToBeAsked(f"{len(faults)} of {len(recipients)}; no code was made.", errors=faults)


def _recipient_digest(recipient: str, pepper: bytes, administration: Administration, command: MakeAccessCodes) -> bytes:
    return rules.recipient_digest_of(
        recipient,
        pepper,
        administration_id=administration.administration_id,
        group=command.respondent_group,
    )


@dataclass(frozen=True, slots=True)
class _Making:
    """A batch while its codes are drawn and stored."""

    session: Session
    ring: KeyRing
    pepper: bytes
    batch_id: UUID
    administration: Administration
    command: MakeAccessCodes

    async def insert_codes(self, draw: Draw) -> list[MadeCode]:
        """Draw until there are as many as were asked for that nobody has: one that exists already is drawn anew.

        Rows go in by their digests: the order on the sheet, which may be that of a class list, is kept nowhere.
        """
        made: dict[int, str] = {}
        while left := [place for place in range(self.command.count) if place not in made]:
            drawn = {}
            for place in left:
                symbols = rules.code_of(draw(POSSIBLE))
                drawn[rules.digest_of(symbols, self.pepper)] = (place, symbols)
            rows = list(self._rows({digest: place for digest, (place, _) in sorted(drawn.items())}))
            for digest in await bulk_insert(self.session, access_codes, _COLUMNS, rows, returning="digest"):
                place, symbols = drawn[bytes(digest)]
                made[place] = symbols
        named = self.command.recipients
        return [MadeCode(rules.printed(made[place]), named[place] if named else None) for place in sorted(made)]

    def _rows(self, places: dict[bytes, int]) -> Iterator[tuple[object, ...]]:
        administration, command = self.administration, self.command
        unit = (
            administration.district_id,
            administration.administration_id,
            command.school_id,
            command.respondent_group.value,
            self.batch_id,
        )
        for digest, place in places.items():
            recipient = command.recipients[place] if command.recipients else None
            yield digest, *unit, False, False, *self._of_recipient(recipient, digest)

    def _of_recipient(self, recipient: str | None, digest: bytes) -> tuple[bytes | None, bytes | None]:
        if recipient is None:
            return None, None
        sealed = self.ring.seal(recipient, table=access_codes.name, column="recipient", key=rules.row_key(digest))
        return sealed, _recipient_digest(recipient, self.pepper, self.administration, self.command)


async def _insert_batch(
    session: Session,
    batch_id: UUID,
    administration: Administration,
    command: MakeAccessCodes,
    *,
    caller: Caller,
    now: datetime,
) -> None:
    await session.execute(
        insert(code_batches).values(
            district_id=administration.district_id,
            batch_id=batch_id,
            administration_id=administration.administration_id,
            school_id=command.school_id,
            respondent_group=command.respondent_group.value,
            made=command.count,
            made_at=now,
            made_by=caller.sub,
        )
    )
