"""Ending an agreement before its term: the command, then the function that carries it out."""

from dataclasses import replace

from pydantic import ConfigDict, Field

from shared.db import Session
from shared.errors import Fault
from shared.http.bodies import Line, StrictBody
from shared.http.etags import ensure_match
from training_registry.agreements.eras import Change
from training_registry.agreements.errors import AgreementTerminated, EndsOutsideTerm
from training_registry.agreements.operations.storing import Clerk, draft_of, store, to_change
from training_registry.days import NearDay


class TerminateAgreement(StrictBody):
    """The agreement ends before its term."""

    terminated_on: NearDay = Field(description="From this day on it holds no more; one to come where notice is given.")
    because: Line = Field(description="Why; of nobody in particular: it can be read by everybody in the district.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"terminated_on": "2026-12-31", "because": "The agency gave notice."}]}
    )


async def terminate_agreement(
    session: Session, agreement_id: str, command: TerminateAgreement, clerk: Clerk, *, if_match: str | None
) -> bool:
    """The agreement holds through that day and never again; AgreementChanged is announced. Whether this is new.

    The day may have passed: then it is said to have ended on it, while what was known before stays known. For good:
    who goes on writes another agreement.
    Raises: AgreementNotFound, SchoolNotCovered, EndsOutsideTerm, AgreementTerminated, ChangedMeanwhile.
    """
    taken = await to_change(session, agreement_id, clerk)
    before = draft_of(taken, clerk)
    if before.facts.terminated_on is not None:
        if (before.facts.terminated_on, before.terminated_because) != (command.terminated_on, command.because):
            raise AgreementTerminated
        return False
    ensure_match(if_match, before.version)
    terms = before.facts.terms
    if not terms.starts_on <= command.terminated_on <= terms.ends_on:
        raise EndsOutsideTerm(errors=[Fault("terminated_on", "is no day of its term")])
    facts = replace(before.facts, terminated_on=command.terminated_on)
    after = replace(before, facts=facts, terminated_because=command.because)
    await store(session, after, Change.TERMINATION, clerk)
    return True
