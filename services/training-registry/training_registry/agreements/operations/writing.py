"""Writing an agreement down, and changing what it says: the command, then the function that carries it out."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from shared.db import Session
from shared.http.bodies import Line, SourcedId, StrictBody
from shared.http.etags import ensure_match
from training_registry.agreements.eras import Change
from training_registry.agreements.errors import AgreementNotFound, AgreementTerminated, SchoolNotCovered
from training_registry.agreements.operations.storing import (
    NOT_YET,
    Clerk,
    Draft,
    draft_of,
    lock_new,
    store,
    to_change,
)
from training_registry.agreements.rules import Clause, ClauseState, ClauseTerm, Facts, FerpaBasis, Terms, widens
from training_registry.agreements.views.finding import find_agreement
from training_registry.days import NearDay

ClauseText = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"^[^\x00]*$")]
"""What the agreement says under a clause."""


class WriteClause(StrictBody):
    """What the agreement says under one clause."""

    state: Annotated[ClauseState, Field(strict=False)]
    text: ClauseText | None = None
    because: Line | None = Field(None, validate_default=True, description="Why it is waived; required where it is.")

    @field_validator("because")
    @classmethod
    def _is_given_where_waived(cls, because: str | None, info: ValidationInfo) -> str | None:
        if because is None and info.data.get("state") is ClauseState.WAIVED:
            raise ValueError("is required of a clause that is waived")
        return because


class WriteAgreement(StrictBody):
    """What the district and an agency agree on. A clause that is not named is absent."""

    agency: Line
    school_ids: list[SourcedId] = Field(min_length=1, max_length=2000, description="Each once.")
    starts_on: NearDay
    ends_on: NearDay = Field(description="The last day of the term.")
    review_on: NearDay | None = Field(None, description="When it is to be looked at again; nobody signs this.")
    clauses: dict[Annotated[Clause, Field(strict=False)], WriteClause] = Field(default={})
    ferpa_basis: Annotated[FerpaBasis, Field(strict=False)] | None = Field(
        None, description="On what ground officers may be shown records (34 CFR 99.31); without one they may not."
    )
    chain_of_command: Line | None = Field(None, description="Who directs the officers; nobody signs this.")
    complaint_contact: Line | None = Field(None, description="Where a complaint goes; nobody signs this.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "agency": "City Police",
                    "school_ids": ["s-1", "s-2"],
                    "starts_on": "2026-08-01",
                    "ends_on": "2027-06-30",
                    "review_on": "2027-05-01",
                    "clauses": {
                        "no_discipline": {"state": "present", "text": "Officers take no part in school discipline."},
                        "training": {"state": "waived", "because": "State law asks for more."},
                    },
                    "ferpa_basis": "school_official",
                }
            ]
        }
    )

    @field_validator("school_ids")
    @classmethod
    def _are_different(cls, school_ids: list[str]) -> list[str]:
        if len(set(school_ids)) < len(school_ids):
            raise ValueError("names a school twice")
        return school_ids

    @field_validator("ends_on")
    @classmethod
    def _ends_after_it_starts(cls, ends_on: date, info: ValidationInfo) -> date:
        starts_on = info.data.get("starts_on")
        if starts_on is not None and ends_on < starts_on:
            raise ValueError("must not be before starts_on")
        return ends_on

    def terms(self) -> Terms:
        """What the parties sign of it."""
        named = {name: ClauseTerm(c.state, c.text, c.because) for name, c in self.clauses.items()}
        return Terms(
            agency=self.agency,
            school_ids=frozenset(self.school_ids),
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            clauses={name: named.get(name, ClauseTerm()) for name in Clause},
            ferpa_basis=self.ferpa_basis,
        )

    def details(self) -> dict[str, str | None]:
        """What they do not sign, and may name people."""
        return {"chain_of_command": self.chain_of_command, "complaint_contact": self.complaint_contact}


async def write_agreement(
    session: Session, agreement_id: str, command: WriteAgreement, clerk: Clerk, *, if_match: str | None
) -> bool:
    """The agreement says this; AgreementChanged is announced. The same again changes nothing. Whether it is new.

    Terms that are wider or other than before make a new version of them, which both parties have to sign anew: until
    they have, the agreement is a draft and opens nothing. Terms that are only narrower keep their signatures and hold
    at once. The review, the chain of command and the contact are not signed. Source: docs/decisions/0013.
    Raises: AgreementNotFound, SchoolNotCovered, AgreementTerminated, ChangedMeanwhile.
    """
    if not all(map(clerk.caller.sees_school, command.school_ids)):
        raise SchoolNotCovered
    await lock_new(session, agreement_id, clerk)
    before = await _find_to_change(session, agreement_id, clerk)
    ensure_match(if_match, before.version if before else NOT_YET)
    if before is None:
        facts = Facts(agreement_id, command.terms(), {}, review_on=command.review_on)
        new = Draft(facts, NOT_YET, 1, command.details(), None, announced_through=clerk.today)
        await store(session, new, Change.WRITTEN, clerk)
        return True
    after, change = _changed(before, command)
    if (after.facts, after.details) == (before.facts, before.details):
        return False
    if before.facts.terminated_on is not None:
        raise AgreementTerminated
    await store(session, after, change, clerk)
    return False


async def _find_to_change(session: Session, agreement_id: str, clerk: Clerk) -> Draft | None:
    """The agreement as it is, locked; None where nobody has written it yet.

    Raises: AgreementNotFound, SchoolNotCovered.
    """
    try:
        return draft_of(await to_change(session, agreement_id, clerk), clerk)
    except AgreementNotFound:
        everywhere = replace(clerk.caller, school_ids=None)
        try:
            await find_agreement(session, everywhere, agreement_id)
        except AgreementNotFound:
            return None
        raise


def _changed(before: Draft, command: WriteAgreement) -> tuple[Draft, Change]:
    """The agreement as the command leaves it, and what kind of change that is."""
    was, terms = before.facts.terms, command.terms()
    facts = replace(before.facts, terms=terms, review_on=command.review_on)
    if widens(was, terms):
        facts = replace(facts, signed_on={})
        changed = replace(before, facts=facts, details=command.details(), terms_version=before.terms_version + 1)
        return changed, Change.TERMS
    narrowed = terms != replace(was, agency=terms.agency)
    return replace(before, facts=facts, details=command.details()), Change.NARROWED if narrowed else Change.DETAILS
