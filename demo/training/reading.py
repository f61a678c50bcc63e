"""What a reader of the district asks about its officers, as counts that can be set beside the truth."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from demo.client import Client
from demo.lives import school_year
from demo.people import READER
from demo.training.learning import TITLES
from demo.training.sending import Looked, side_by_side
from demo.training.truth import Counts, TrainingTruth

_STATUSES = ("current", "due", "overdue", "expired", "exempt")


async def seen_in_views(client: Client, truth: TrainingTruth) -> dict[str, Counts]:
    """What reporting says, by the name of what is counted; what is zero is absent."""
    by_requirement = await _rows(client, "training", as_of=truth.as_of.isoformat(), by="school_id,requirement_id")
    year = str(school_year(truth.as_of))
    activities = await _rows(client, "activities", school_year=year, by="school_id")
    quotas = await _rows(client, "drill-quotas", school_year=year)
    return {
        "standings": Counter(
            {
                (row["school_id"], row["requirement_id"], status): row[status]
                for row in by_requirement
                for status in _STATUSES
                if row[status] and row["requirement_id"] in TITLES
            }
        ),
        "entries": Counter({(row["school_id"], row["role"]): row["n"] for row in activities if row["n"]}),
        "minutes": Counter({(row["school_id"], row["role"]): row["minutes"] for row in activities if row["minutes"]}),
        "students reached": Counter(
            {(r["school_id"], r["role"]): r["students_reached"] for r in activities if r["students_reached"]}
        ),
        "drills": Counter({(row["school_id"], row["quota_id"]): row["held"] for row in quotas if row["held"]}),
        "quotas met": Counter((row["quota_id"],) for row in quotas if row["met"]),
    }


@dataclass(frozen=True, slots=True)
class SeenInRegistry:
    """What the registry itself says about the day of the loading."""

    openers: frozenset[str]
    agreements: dict[str, str]
    verification_url: str | None
    """The public page of one credential that holds."""


async def seen_in_registry(client: Client, truth: TrainingTruth, *, at_once: int, looked: Looked) -> SeenInRegistry:
    """Who may open records at his school, how the agreements stand, and one credential that anybody may verify."""
    registry, on = f"{client.services.training_registry}/v1", {"as_of": truth.as_of.isoformat()}
    openers: set[str] = set()

    async def look(officer_id: str) -> None:
        standing = await client.get(f"{registry}/officers/{officer_id}/standing", caller=READER, query=on)
        if any(school["may_open_records"] for school in standing.body["schools"]):
            openers.add(officer_id)
        looked()

    await side_by_side([officer.officer_id for officer in truth.officers], look, at_once)
    agreements = await client.get(f"{registry}/agreements", caller=READER, query=on)
    completion = await client.get(f"{registry}/completions/{truth.certified.completion_id}", caller=READER)
    credential_id = completion.body["credential_id"]
    return SeenInRegistry(
        frozenset(openers),
        {a["agreement_id"]: a["status"] for a in agreements.body["items"] if a["agreement_id"] in truth.agreements},
        f"{registry}/credentials/{credential_id}/verification" if credential_id else None,
    )


async def _rows(client: Client, view: str, **query: str) -> list[dict[str, Any]]:
    url = f"{client.services.reporting}/v1/views/{view}"
    rows: list[dict[str, Any]] = (await client.get(url, caller=READER, query=query)).body["rows"]
    return rows
