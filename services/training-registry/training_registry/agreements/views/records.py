"""An agreement as it leaves the API: its terms, and how it stands on the day that is asked about."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row

from shared.crypto import KeyRing
from shared.events.base import Instant
from shared.events.training import AgreementStatus
from training_registry.agencies import agency_id
from training_registry.agreements import rules
from training_registry.agreements.models import agreement_versions
from training_registry.agreements.rules import Clause, ClauseState, FerpaBasis, Party
from training_registry.agreements.views.finding import Kept

SEALED = tuple(column.name for column in agreement_versions.columns if column.info.get("sealed"))
"""What is told of an agreement beside its terms and may name people."""


class SignatureView(BaseModel):
    """One party's signature under these terms."""

    party: Party
    signed_by: str
    signed_on: date


class RecordAccess(BaseModel):
    """Whether officers may be shown records under it on that day, as far as the agreement decides."""

    open: bool
    because: list[str] = Field(description="What stands against it; empty where it is open.")


class ClauseView(BaseModel):
    """What the agreement says under a clause."""

    state: ClauseState
    text: str | None
    because: str | None = Field(description="Why it was waived.")


_EXAMPLE: dict[str, Any] = {
    "agreement_id": "a-1",
    "agency": "City Police",
    "agency_id": str(agency_id("City Police")),
    "school_ids": ["s-1", "s-2"],
    "starts_on": "2026-08-01",
    "ends_on": "2027-06-30",
    "review_on": "2027-05-01",
    "clauses": {name.value: {"state": "present", "text": None, "because": None} for name in Clause},
    "ferpa_basis": "school_official",
    "chain_of_command": "School Safety Division",
    "complaint_contact": "Office of Student Services",
    "terminated_on": None,
    "terminated_because": None,
    "replaced_on": None,
    "as_of": "2026-11-25",
    "status": "active",
    "status_because": "It is signed by both, and its term runs; its last day is 2027-06-30.",
    "in_force_from": "2026-08-01",
    "in_force_to": "2027-06-30",
    "days_left": 217,
    "record_access": {"open": True, "because": []},
    "missing_clauses": [],
    "signatures": [
        {"party": "district", "signed_by": "Superintendent", "signed_on": "2026-07-20"},
        {"party": "agency", "signed_by": "Chief", "signed_on": "2026-07-21"},
    ],
    "version": 3,
    "terms_version": 1,
    "changed_at": "2026-07-21T15:00:00Z",
}


class AgreementView(BaseModel):
    """An agreement, and how it stands on one day."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    agreement_id: str
    agency: str
    agency_id: UUID = Field(description="The agency in events: its case and spaces make no other.")
    school_ids: list[str]
    starts_on: date
    ends_on: date
    review_on: date | None
    clauses: dict[Clause, ClauseView] = Field(description="All ten.")
    ferpa_basis: FerpaBasis | None
    chain_of_command: str | None
    complaint_contact: str | None
    terminated_on: date | None = Field(description="From this day on it is not in force, where it was ended early.")
    terminated_because: str | None
    replaced_on: date | None = Field(
        description="From this day on other terms hold, where `as_of` lies before it: the terms are those of that day."
    )
    as_of: date = Field(description="The day that the fields from here to `record_access` are about.")
    status: AgreementStatus
    status_because: str
    in_force_from: date | None = Field(description="The first day on which it is signed by both and its term runs.")
    in_force_to: date | None
    days_left: int | None = Field(description="Days from `as_of` to the last day; null unless it is in force.")
    record_access: RecordAccess
    missing_clauses: list[Clause]
    signatures: list[SignatureView] = Field(description="Those under the terms as they are now.")
    version: int = Field(description="Grows with every change.")
    terms_version: int = Field(description="The version of the terms that signatures belong to.")
    changed_at: Instant


class AgreementVersionView(AgreementView):
    """An agreement as one change left it, with who made the change; its status is that of the day of the change."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_EXAMPLE | {"change": "signature", "changed_by": "admin-1"}]}
    )

    change: str = Field(description="written, terms, narrowed, details, signature or termination.")
    changed_by: str = Field(description="Subject of the token that wrote it.")


def view_of(kept: Kept, ring: KeyRing, on: date) -> AgreementView:
    """An agreement as it is answered about a day."""
    return AgreementView(**_told(kept, ring, on))


def version_view_of(kept: Kept, ring: KeyRing, on: date) -> AgreementVersionView:
    """The same with who made the change."""
    row = kept.row
    return AgreementVersionView(**_told(kept, ring, on), change=row.change, changed_by=row.recorded_by)


def _told(kept: Kept, ring: KeyRing, on: date) -> dict[str, Any]:
    row, facts, terms = kept.row, kept.facts, kept.facts.terms
    agreement = rules.agreement_of(facts)
    is_in_force = agreement.is_in_force(on)
    closed_by = [] if is_in_force else ["It is not in force on that day."]
    closed_by += rules.records_closed_by(terms)
    return {
        "agreement_id": facts.agreement_id,
        "agency": terms.agency,
        "agency_id": agency_id(terms.agency),
        "school_ids": sorted(terms.school_ids),
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "review_on": facts.review_on,
        "clauses": {
            name: ClauseView(state=term.state, text=term.text, because=term.because)
            for name, term in ((name, terms.clauses[name]) for name in Clause)
        },
        "ferpa_basis": terms.ferpa_basis,
        **{name: opened(kept, ring, name) for name in SEALED},
        "terminated_on": facts.terminated_on,
        "terminated_because": kept.terminated_because,
        "replaced_on": kept.era.replaced_on,
        "as_of": on,
        "status": rules.status_on(facts, on),
        "status_because": rules.status_because(facts, on),
        "in_force_from": agreement.in_force_from,
        "in_force_to": agreement.in_force_to,
        "days_left": (rules.last_day(facts) - on).days if is_in_force else None,
        "record_access": RecordAccess(open=not closed_by, because=closed_by),
        "missing_clauses": rules.missing_clauses(terms),
        "signatures": [signature_of(s, ring) for s in kept.signatures],
        "version": row.version,
        "terms_version": row.terms_version,
        "changed_at": row.recorded_at,
    }


def opened(kept: Kept, ring: KeyRing, column: str) -> str | None:
    """What a sealed column of this version says."""
    sealed: bytes | None = getattr(kept.row, column)
    if sealed is None:
        return None
    key = version_key(kept.row.district_id, kept.facts.agreement_id, kept.version)
    return ring.open(sealed, table="agreement_versions", column=column, key=key)


def version_key(district_id: str, agreement_id: str, version: int) -> str:
    """What the sealed fields of a version are bound to, so that none can be moved to another row."""
    return f"{district_id}/{agreement_id}/{version}"


def signature_key(district_id: str, agreement_id: str, terms_version: int, party: str) -> str:
    """What a signer's name is bound to."""
    return f"{district_id}/{agreement_id}/{terms_version}/{party}"


def signature_of(row: Row[Any], ring: KeyRing) -> SignatureView:
    """A signature with its signer's name."""
    key = signature_key(row.district_id, row.agreement_id, row.terms_version, row.party)
    name = ring.open(row.signed_by, table="agreement_signatures", column="signed_by", key=key)
    return SignatureView(party=Party(row.party), signed_by=name, signed_on=row.signed_on)
