"""What can be read of credentials: the credential itself by who may, and by anybody whether it holds."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import select

from shared.auth import Caller
from shared.db import ReadSession
from shared.events.base import Instant
from training_registry.credentials.documents import verification_url, without_token_claims
from training_registry.credentials.errors import CredentialNotFound
from training_registry.credentials.examples import CREDENTIAL, VERIFICATION
from training_registry.credentials.models import credentials
from training_registry.credentials.rules import VerificationResult, how_it_stands
from training_registry.credentials.signing import document_in
from training_registry.officers.views import officers_seen_by


class CredentialView(BaseModel):
    """A credential: what it says, and the signed text that proves it."""

    model_config = ConfigDict(json_schema_extra={"examples": [CREDENTIAL]})

    credential_id: UUID
    completion_id: UUID = Field(description="What it certifies.")
    officer_id: str
    issued_at: Instant
    revoked_at: Instant | None = Field(description="Since when it holds no more.")
    verification_url: str = Field(description="Where anybody sees whether it holds: for a QR code, or to send on.")
    credential: dict[str, JsonValue] = Field(description="The Open Badges 3.0 credential that the text holds.")
    jwt: str = Field(description="The signed text: what `Accept: application/vc+jwt` answers alone.")


class CertifiedAlignment(BaseModel):
    """A statute or topic that what was learnt belongs to."""

    name: str
    code: str
    url: str
    source: str | None = Field(description="The text that asks for it.")


class CertifiedAchievement(BaseModel):
    """What a credential certifies."""

    name: str = Field(description="The course.")
    provider: str
    hours: float = Field(description="In all.")
    topics: dict[str, float] = Field(description="Hours by topic.")
    alignments: list[CertifiedAlignment]


class CredentialIssuer(BaseModel):
    """Who issued it."""

    id: str = Field(description="Its address leads to the issuer's profile and keys.")
    name: str


class Verification(BaseModel):
    """Whether a credential holds, and what it certifies: nothing about the person, who alone can show the rest."""

    model_config = ConfigDict(json_schema_extra={"examples": [VERIFICATION]})

    result: VerificationResult = Field(description="`unknown` comes as a problem, with status 404.")
    credential_id: UUID
    achievement: CertifiedAchievement
    issuer: CredentialIssuer
    valid_from_on: date
    valid_until_on: date | None = Field(description="The last day on which it holds; null: it has none.")
    revoked_on: date | None
    checked_at: Instant


@dataclass(frozen=True, slots=True)
class KeptCredential:
    """A credential as it is kept."""

    credential_id: UUID
    district_id: str
    completion_id: UUID
    officer_id: str
    valid_from_on: date
    valid_to_on: date | None
    jwt: str
    issued_at: datetime
    revoked_at: datetime | None


async def find_credential(session: ReadSession, credential_id: UUID) -> KeptCredential | None:
    """The credential of this id, of the districts that the session sees."""
    table = credentials
    wanted = select(*(table.c[name] for name in KeptCredential.__slots__)).where(table.c.credential_id == credential_id)
    row = (await session.execute(wanted)).one_or_none()
    return KeptCredential(*row) if row else None


async def read_credential(session: ReadSession, caller: Caller, credential_id: UUID) -> KeptCredential:
    """The credential, where the caller may read it: the officer his own, an administrator his officers', else all.

    Raises: CredentialNotFound.
    """
    kept = await find_credential(session, credential_id)
    if kept is None or kept.district_id != caller.district_id:
        raise CredentialNotFound
    seen = await officers_seen_by(session, caller)
    if seen is not None and kept.officer_id not in seen:
        raise CredentialNotFound
    return kept


def view_of(kept: KeptCredential, public_url: str) -> CredentialView:
    """A credential as it is answered to who may read it."""
    return CredentialView(
        credential_id=kept.credential_id,
        completion_id=kept.completion_id,
        officer_id=kept.officer_id,
        issued_at=kept.issued_at,
        revoked_at=kept.revoked_at,
        verification_url=verification_url(public_url, kept.credential_id),
        credential=without_token_claims(document_in(kept.jwt)),
        jwt=kept.jwt,
    )


def verification_of(kept: KeptCredential, *, now: datetime, zone: tzinfo) -> Verification:
    """What anybody is told of a credential. Read out of its signed text, so that it can tell nothing else."""
    document = document_in(kept.jwt)
    subject = document["credentialSubject"]
    achievement = subject["achievement"]
    topics = {one["id"]: one["name"] for one in achievement.get("resultDescription", ())}
    revoked_on = kept.revoked_at.astimezone(zone).date() if kept.revoked_at else None
    return Verification(
        result=how_it_stands(
            valid_to_on=kept.valid_to_on, revoked_at=kept.revoked_at, today=now.astimezone(zone).date()
        ),
        credential_id=kept.credential_id,
        achievement=CertifiedAchievement(
            name=achievement["name"],
            provider=achievement["creator"]["name"],
            hours=subject["creditsEarned"],
            topics={topics[one["resultDescription"]]: float(one["value"]) for one in subject.get("result", ())},
            alignments=[
                CertifiedAlignment(
                    name=one["targetName"],
                    code=one["targetCode"],
                    url=one["targetUrl"],
                    source=one.get("targetDescription"),
                )
                for one in achievement.get("alignment", ())
            ],
        ),
        issuer=CredentialIssuer(id=document["issuer"]["id"], name=document["issuer"]["name"]),
        valid_from_on=kept.valid_from_on,
        valid_until_on=kept.valid_to_on,
        revoked_on=revoked_on,
        checked_at=now,
    )
