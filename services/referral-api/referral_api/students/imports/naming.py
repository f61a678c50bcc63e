"""Students and their names: who is one, which groups he is counted in, and his name sealed on its way to the table."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from referral_api.students.imports.manifest import Manifest
from referral_api.students.imports.relations import STUDENTS, Row
from referral_api.students.imports.resolving import stays
from shared.crypto import KeyRing, SealBroken
from shared.events.facets import Disability, RaceEthnicity, Sex

# A row of demographics decides alone; without one, a bulk file says that nothing is known, a delta or absent file that
# nothing has changed.
_FACET = (
    "CASE WHEN d.gone = 0 THEN d.{0} WHEN d.gone = 1 OR w.student_id IS NULL OR NOT ({{stays}}) THEN :no_{0}"
    " ELSE w.{0} END"
)
_FACETS = ", ".join(_FACET.format(c) for c in ("race_ethnicity", "sex", "disability", "english_learner"))
_STUDENTS = f"""
INSERT INTO now_students
SELECT r.user_id, NULL, NULL, CASE WHEN f.id IS NULL THEN w.grade ELSE f.grade END, {_FACETS},
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
SELECT student_id, NULL, NULL, grade, race_ethnicity, sex, disability, english_learner, 0 FROM was_students
"""
_GROUPS = STUDENTS.columns[STUDENTS.columns.index("grade") :]
_NOW = ", ".join(f"n.{c}" for c in _GROUPS)
_ADDED = f"""
SELECT n.student_id, f.given_name, f.family_name, {_NOW}
FROM now_students n LEFT JOIN was_students w USING (student_id) LEFT JOIN file_users f ON f.id = n.student_id
WHERE w.student_id IS NULL
"""
_KNOWN = f"""
SELECT n.student_id, w.given_name, w.family_name, {_NOW},
       f.given_name, f.family_name, {" OR ".join(f"n.{c} IS NOT w.{c}" for c in _GROUPS)}
FROM now_students n JOIN was_students w USING (student_id) LEFT JOIN file_users f ON f.id = n.student_id AND NOT f.gone
"""

log = structlog.get_logger(__name__)


def resolve_students(scratch: sqlite3.Connection, manifest: Manifest) -> None:
    """`now_students` without names; who is not a student any more stays as he was, inactive."""
    scratch.execute(_STUDENTS.format(stays=stays(manifest, "demographics", "r.user_id")), _NOTHING_KNOWN)
    scratch.execute(_LEAVERS)


@dataclass(slots=True)
class Names:
    """Students as their table takes them: what `Relation` says of any other table, with the names sealed.

    Sealed while the rows are written, so that our work and the server's are done side by side.
    """

    ring: KeyRing
    district_id: str
    unreadable: int = field(default=0, init=False)
    """Names that could not be opened; those that a row says were sealed anew from it."""

    def added(self, scratch: sqlite3.Connection, size: int) -> Iterator[list[Row]]:
        """The students that are new, in the order of their ids."""
        found = scratch.execute(_ADDED)
        while rows := found.fetchmany(size):
            ids, given, family, *groups = zip(*rows, strict=True)
            keys = [f"{self.district_id}/{student_id}" for student_id in ids]
            sealed = (
                self.ring.seal_each(names, keys, table="students", column=column)
                for names, column in ((given, "given_name"), (family, "family_name"))
            )
            yield STUDENTS.decoded(list(zip(ids, *sealed, *groups, strict=True)))

    def changed(self, scratch: sqlite3.Connection, size: int) -> Iterator[list[Row]]:
        """The students that are there and differ; a repeated import writes nothing."""
        found = scratch.execute(_KNOWN)
        while rows := found.fetchmany(size):
            yield STUDENTS.decoded([row for row in map(self._renamed, rows) if row])
        if self.unreadable:
            log.error("student_names_unreadable", district_id=self.district_id, names=self.unreadable)

    def _renamed(self, found: Row) -> Row | None:
        student_id, was_given, was_family, *groups, given, family, differs = found
        key = f"{self.district_id}/{student_id}"
        others = [
            self._is_other("given_name", key, given, was_given),
            self._is_other("family_name", key, family, was_family),
        ]
        if not differs and not any(others):
            return None
        sealed = self._sealed("given_name", key, given, was_given), self._sealed("family_name", key, family, was_family)
        return (student_id, *sealed, *groups)

    def _is_other(self, column: str, key: str, name: str | None, before: bytes) -> bool:
        """Whether a row says another name than what is stored; also where that cannot be read: so it is mended."""
        return name is not None and self._opened(column, key, before) != name

    def _sealed(self, column: str, key: str, name: str | None, before: bytes) -> bytes:
        """A name as it is written: sealed anew also where it stays.

        It was read before the import's transaction began, and its key may be retired before that ends.
        """
        text = self._opened(column, key, before) if name is None else name
        return before if text is None else self.ring.seal(text, table="students", column=column, key=key)

    def _opened(self, column: str, key: str, sealed: bytes) -> str | None:
        try:
            return self.ring.open(sealed, table="students", column=column, key=key)
        except SealBroken:
            self.unreadable += 1
            return None
