"""Writes what the topic `training` changes: counts are added, a register's rows replace those of older versions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from reporting.codec import WHOLE_DISTRICT
from reporting.models import (
    Target,
    activities,
    drill_quota_versions,
    drill_quotas,
    drills,
    officer_standings,
    officer_steps,
    officer_terms,
)
from reporting.projections.changes import Place
from reporting.projections.training_sums import FoldedTraining
from shared.bulk import OnConflict, bulk_upsert
from shared.db import Session

_Rows = list[tuple[Any, ...]]


async def store_training(
    session: Session, folded: FoldedTraining, numbers: Mapping[Place, int], target: Target
) -> None:
    """Add the sum to the tables, within the consumer's transaction, in the order of keys, so that none deadlocks."""

    async def write(tables: Mapping[Table, _Rows], on_conflict: OnConflict, newer_by: str | None = None) -> None:
        for table, rows in tables.items():
            if rows:
                names = [column.name for column in table.columns]
                await bulk_upsert(
                    session, target(table), names, sorted(rows), on_conflict=on_conflict, newer_by=newer_by
                )

    await write(_counts(folded, numbers), "add")
    await write(_registers(folded, numbers), "replace", newer_by="version")


def _counts(folded: FoldedTraining, numbers: Mapping[Place, int]) -> dict[Table, _Rows]:
    return {
        activities: [(numbers[place], *cell, *counts) for (place, *cell), counts in folded.activities.items()],
        drills: [(numbers[place], *cell, n) for (place, *cell), n in folded.drills.items()],
    }


def _registers(folded: FoldedTraining, numbers: Mapping[Place, int]) -> dict[Table, _Rows]:
    districts = {district_id: numbers[district_id, WHOLE_DISTRICT] for district_id in folded.districts()}
    return {
        officer_standings: [
            (districts[district_id], officer_id, version)
            for (district_id, officer_id), version in folded.standing_versions.items()
        ],
        officer_steps: [
            (districts[district_id], officer_id, requirement_id, number, version, *step)
            for ((district_id, officer_id), requirement_id, number), (version, step) in folded.steps.items()
        ],
        officer_terms: [
            (numbers[place], officer_id, number, version, *days)
            for (place, officer_id, number), (version, days) in folded.terms.items()
        ],
        drill_quota_versions: [
            (districts[district_id], version) for district_id, version in folded.quota_versions.items()
        ],
        drill_quotas: [
            (districts[district_id], number, version, *row)
            for (district_id, number), (version, row) in folded.quotas.items()
        ],
    }
