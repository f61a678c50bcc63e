"""What a file would take away: more than half of the students, or of what is known of their groups, is doubted."""

import sqlite3
from collections.abc import Mapping
from types import MappingProxyType

from referral_api.students.imports.errors import RosterRefused
from shared.events.facets import Disability, RaceEthnicity, Sex

FEWEST_LOST = 5
"""Fewer are a small school's ordinary change. Source: peers' roster shrink guards."""
_NOT_KNOWN: Mapping[str, str] = MappingProxyType(
    {
        "race_ethnicity": f"'{RaceEthnicity.UNKNOWN}'",
        "sex": f"'{Sex.UNKNOWN}'",
        "disability": f"'{Disability.UNKNOWN}'",
        "english_learner": "NULL",
    }
)
"""The groups that `demographics.csv` says, and what stands there where it says nothing."""


def ensure_little_lost(scratch: sqlite3.Connection) -> None:
    """Go on only with what is more likely the truth than a broken export. Raises: RosterRefused.

    A forgotten column takes a group away as a forgotten file does its students, and whom the programme harms could no
    longer be seen.
    """
    students = "FROM was_students w JOIN now_students n USING (student_id) WHERE w.active"
    before, lost = scratch.execute(f"SELECT count(*), coalesce(sum(NOT n.active), 0) {students}").fetchone()
    _ensure_few(lost, before, "would leave the roster")
    for group, nothing in _NOT_KNOWN.items():
        before, lost = scratch.execute(
            f"SELECT count(*), coalesce(sum(n.{group} IS {nothing}), 0) {students}"
            f" AND n.active AND w.{group} IS NOT {nothing}"
        ).fetchone()
        _ensure_few(lost, before, f"would have no {group} any more")


def _ensure_few(lost: int, before: int, what: str) -> None:
    if lost >= FEWEST_LOST and 2 * lost > before:
        raise RosterRefused(f"{lost} of {before} students {what}, more than half. Send it with force=true if so.")
