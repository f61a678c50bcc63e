"""`now_students`: everybody who has a student's role, names sealed, with the groups he is counted in."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from referral_api.students.imports.manifest import Manifest, Mode
from shared.crypto import KeyRing
from shared.events.facets import Disability, RaceEthnicity, Sex

_BATCH = 2000

# A row of demographics decides alone; without one, a bulk file says that nothing is known, a delta or absent file that
# nothing has changed.
_FACET = (
    "CASE WHEN d.gone = 0 THEN d.{0} WHEN d.gone = 1 OR :replaced OR w.student_id IS NULL THEN :no_{0} ELSE w.{0} END"
)
_FACETS = ", ".join(_FACET.format(c) for c in ("race_ethnicity", "sex", "disability", "english_learner"))
_CANDIDATES = f"""
SELECT r.user_id, f.id IS NOT NULL, f.given_name, f.family_name, w.given_name, w.family_name,
       CASE WHEN f.id IS NULL THEN w.grade ELSE f.grade END, {_FACETS},
       EXISTS (SELECT 1 FROM now_student_schools s WHERE s.student_id = r.user_id)
FROM (SELECT DISTINCT user_id FROM now_roster_roles WHERE role = 'student' ORDER BY user_id) r
LEFT JOIN file_users f ON f.id = r.user_id AND NOT f.gone
LEFT JOIN was_students w ON w.student_id = r.user_id
LEFT JOIN file_demographics d ON d.id = r.user_id
"""
_NOTHING_KNOWN = {
    "no_race_ethnicity": RaceEthnicity.UNKNOWN.value,
    "no_sex": Sex.UNKNOWN.value,
    "no_disability": Disability.UNKNOWN.value,
    "no_english_learner": None,
}
_LEAVERS = """
INSERT OR IGNORE INTO now_students
SELECT student_id, given_name, family_name, grade, race_ethnicity, sex, disability, english_learner, 0 FROM was_students
"""


def resolve_students(scratch: sqlite3.Connection, manifest: Manifest, ring: KeyRing, district_id: str) -> None:
    """Fill `now_students`; who is not a student any more stays as he was, inactive.

    A name that has not changed keeps its ciphertext, so that a repeated import writes nothing.
    """
    found = scratch.execute(_CANDIDATES, {"replaced": manifest.mode("demographics") is Mode.BULK, **_NOTHING_KNOWN})
    seal = _Sealer(ring, district_id)
    while rows := found.fetchmany(_BATCH):
        scratch.executemany(f"INSERT INTO now_students VALUES ({', '.join('?' * 9)})", seal.students(rows))
    scratch.execute(_LEAVERS)


class _Sealer:
    """Seals the names of one district's students."""

    def __init__(self, ring: KeyRing, district_id: str) -> None:
        self._ring = ring
        self._district_id = district_id

    def students(self, rows: list[Any]) -> Iterator[tuple[Any, ...]]:
        for student_id, is_named, given, family, was_given, was_family, *rest in rows:
            if is_named:
                key = f"{self._district_id}/{student_id}"
                was_given = self._name("given_name", key, given, was_given)
                was_family = self._name("family_name", key, family, was_family)
            yield (student_id, was_given, was_family, *rest)

    def _name(self, column: str, key: str, name: str, before: bytes | None) -> bytes:
        if before is not None and self._ring.open(before, table="students", column=column, key=key) == name:
            return before
        return self._ring.seal(name, table="students", column=column, key=key)
