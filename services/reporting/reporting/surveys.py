"""Writes what the topic `surveys` changes: a register's rows replace those of older versions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from reporting.codec import WHOLE_DISTRICT
from reporting.models import (
    Target,
    survey_closings,
    survey_counts,
    survey_openings,
    survey_progress,
    survey_results,
)
from reporting.projections.changes import Place
from reporting.projections.survey_registers import FoldedSurveys, SchoolDay, Survey
from shared.bulk import bulk_upsert
from shared.db import Session

_Rows = list[tuple[Any, ...]]


async def store_surveys(session: Session, folded: FoldedSurveys, numbers: Mapping[Place, int], target: Target) -> None:
    """Write the latest of each row, within the consumer's transaction, in the order of keys, so that none deadlocks."""
    for table, rows in _registers(folded, numbers).items():
        if rows:
            names, newer_by = [column.name for column in table.columns], _VERSIONS.get(table, "version")
            await bulk_upsert(session, target(table), names, sorted(rows), on_conflict="replace", newer_by=newer_by)


_VERSIONS = {survey_progress: "counted_day"}


def _registers(folded: FoldedSurveys, numbers: Mapping[Place, int]) -> dict[Table, _Rows]:
    def of_district(said: Mapping[Survey, tuple[int, SchoolDay]]) -> _Rows:
        return [
            (numbers[district_id, WHOLE_DISTRICT], administration_id, version, *day)
            for (district_id, administration_id), (version, day) in said.items()
        ]

    return {
        survey_openings: of_district(folded.openings),
        survey_closings: of_district(folded.closings),
        survey_progress: [(numbers[place], *unit, *answered) for (place, *unit), answered in folded.answered.items()],
        survey_counts: [
            (numbers[place], *unit, version, *counting) for (place, *unit), (version, counting) in folded.counts.items()
        ],
        survey_results: [
            (numbers[place], *unit, dimension, version, *finding)
            for ((place, *unit), dimension), (version, finding) in folded.findings.items()
        ],
    }
