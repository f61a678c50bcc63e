"""A party's signature under an agreement: the command, then the function that carries it out."""

from dataclasses import replace
from typing import Annotated

from pydantic import ConfigDict, Field
from sqlalchemy import insert

from shared.db import Session
from shared.errors import Fault
from shared.http.bodies import Line, StrictBody
from shared.http.etags import ensure_match
from training_registry.agreements.eras import Change
from training_registry.agreements.errors import AgreementTerminated, AlreadySigned, SignedInFuture
from training_registry.agreements.models import agreement_signatures
from training_registry.agreements.operations.storing import Clerk, Draft, draft_of, store, to_change
from training_registry.agreements.rules import Party
from training_registry.agreements.views.records import signature_key, signature_of
from training_registry.days import NearDay


class SignAgreement(StrictBody):
    """A party has signed the terms as they are now."""

    party: Annotated[Party, Field(strict=False)]
    signed_by: Line = Field(description="Who signed for it.")
    signed_on: NearDay

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"party": "district", "signed_by": "Superintendent", "signed_on": "2026-07-20"}]
        }
    )


async def sign_agreement(
    session: Session, agreement_id: str, command: SignAgreement, clerk: Clerk, *, if_match: str | None
) -> bool:
    """The party has signed this version of the terms; AgreementChanged is announced. Whether it had not before.

    The signature is of the version that stands when it is written down: `If-Match` makes sure that it is the one on
    paper. Terms that are widened later need another. Source: docs/decisions/0013.
    Raises: AgreementNotFound, SchoolNotCovered, SignedInFuture, AlreadySigned, AgreementTerminated, ChangedMeanwhile.
    """
    if command.signed_on > clerk.today:
        raise SignedInFuture(errors=[Fault("signed_on", "lies in the future")])
    taken = await to_change(session, agreement_id, clerk)
    there = next((s for s in taken.kept.signatures if s.party == command.party), None)
    if there is not None:
        said = signature_of(there, clerk.ring)
        if (said.signed_by, said.signed_on) != (command.signed_by, command.signed_on):
            raise AlreadySigned
        return False
    ensure_match(if_match, taken.kept.version)
    before = draft_of(taken, clerk)
    if before.facts.terminated_on is not None:
        raise AgreementTerminated
    signed_on = {**before.facts.signed_on, command.party: command.signed_on}
    after = replace(before, facts=replace(before.facts, signed_on=signed_on))
    await _keep_signature(session, before, command, clerk)
    await store(session, after, Change.SIGNATURE, clerk)
    return True


async def _keep_signature(session: Session, before: Draft, command: SignAgreement, clerk: Clerk) -> None:
    agreement_id = before.facts.agreement_id
    key = signature_key(clerk.district_id, agreement_id, before.terms_version, command.party)
    await session.execute(
        insert(agreement_signatures).values(
            district_id=clerk.district_id,
            agreement_id=agreement_id,
            terms_version=before.terms_version,
            party=command.party,
            signed_by=clerk.ring.seal(command.signed_by, table="agreement_signatures", column="signed_by", key=key),
            signed_on=command.signed_on,
            version=before.version + 1,  # the one that the signature makes
            recorded_at=max(clerk.now, before.recorded_at or clerk.now),
            recorded_by=clerk.caller.sub,
        )
    )
