"""What the roster shall be: the rows of the files laid over what is known, with every reference checked.

Works in the scratch database alone, after reading (`file_…`) and loading (`was_…`); leaves the result in `now_…`.
"""

import sqlite3
from datetime import date

from referral_api.students.imports.errors import RosterRefused
from referral_api.students.imports.manifest import Manifest, Mode
from referral_api.students.imports.relations import Relation
from referral_api.students.imports.scratch import reject

_DUPLICATE = (
    "id IN (SELECT id FROM file_{0} GROUP BY id HAVING count(*) > 1)"
    " AND line <> (SELECT line FROM file_{0} o WHERE o.id = file_{0}.id ORDER BY {1} LIMIT 1)"
)
_NO_ORG = "NOT gone AND {} NOT IN (SELECT org_id FROM now_orgs WHERE active)"
_NO_USER = "NOT gone AND {} NOT IN (SELECT id FROM known_users)"
_NAMES_NO_ORG = "names no org of the roster"
_NAMES_NO_USER = "names no user of the roster"


def refuse_duplicates(scratch: sqlite3.Connection, kind: str, mode: Mode) -> None:
    """Of rows with the same sourcedId the first one counts, in a delta file the one that was modified last."""
    scratch.execute(f"CREATE INDEX file_{kind}_by_id ON file_{kind} (id)")
    if mode is Mode.DELTA:
        order, problem = "modified DESC, line", "is in the file more than once; the row modified last counts"
    else:
        order, problem = "line", "is in the file before; the first row counts"
    reject(scratch, kind, "sourcedId", problem, _DUPLICATE.format(kind, order))


def stays(manifest: Manifest, kind: str, sourced_id: str) -> str:
    """The condition under which something known stays though no good row names it.

    A bulk file takes away what it does not name. What a refused row names is still there: nobody leaves for a typo.
    """
    if manifest.mode(kind) is not Mode.BULK:
        return "true"
    return f"{sourced_id} IN (SELECT id FROM refused WHERE kind = '{kind}')"


def resolve_orgs(scratch: sqlite3.Connection, manifest: Manifest) -> None:
    """`now_orgs`: a bulk file leaves what it does not name inactive."""
    scratch.execute(
        "INSERT INTO now_orgs SELECT id, name, kind, identifier, parent_org_id, 1 FROM file_orgs"
        " WHERE NOT gone ORDER BY id"
    )
    scratch.execute(
        "INSERT OR IGNORE INTO now_orgs SELECT org_id, name, kind, identifier, parent_org_id, active"
        f" AND {stays(manifest, 'orgs', 'org_id')} AND org_id NOT IN (SELECT id FROM file_orgs WHERE gone)"
        " FROM was_orgs"
    )


def resolve_users(scratch: sqlite3.Connection, manifest: Manifest) -> None:
    """`known_users`: everybody whom a role, an enrolment or demographics may name."""
    if manifest.version == "1.1":
        _take_roles_from_users(scratch)
    scratch.execute("CREATE TABLE known_users (id PRIMARY KEY) WITHOUT ROWID")
    scratch.execute("INSERT INTO known_users SELECT id FROM file_users WHERE NOT gone ORDER BY id")
    scratch.execute(
        "INSERT OR IGNORE INTO known_users"
        " SELECT id FROM (SELECT student_id AS id FROM was_students WHERE active"
        " UNION ALL SELECT user_id FROM was_other_users)"
        f" WHERE {stays(manifest, 'users', 'id')} AND id NOT IN (SELECT id FROM file_users WHERE gone)"
    )


def _take_roles_from_users(scratch: sqlite3.Connection) -> None:
    """OneRoster 1.1 has a user's role and orgs on the user's row; one with an unknown org is refused as a whole."""
    users = scratch.execute("SELECT line, id, role, org_ids FROM file_users WHERE NOT gone")
    scratch.executemany(
        "INSERT INTO file_roles VALUES (?, 0, NULL, ?, ?, ?, ?, NULL, NULL)",
        (
            (line, f"{user_id}/{org_id}", user_id, role, org_id)
            for line, user_id, role, org_ids in users
            for org_id in dict.fromkeys(o.strip() for o in org_ids.split(",") if o.strip())
        ),
    )
    bad = f"line IN (SELECT line FROM file_roles WHERE {_NO_ORG.format('org_id')})"
    reject(scratch, "users", "orgSourcedIds", _NAMES_NO_ORG, bad)
    scratch.execute("DELETE FROM file_roles WHERE line NOT IN (SELECT line FROM file_users)")


def resolve_roles(scratch: sqlite3.Connection, manifest: Manifest, day: date) -> None:
    """`now_roster_roles`, and `now_student_schools` as they are on a day."""
    of_users = manifest.version == "1.1"
    if not of_users:
        _ensure_roles_known(scratch, manifest)
        reject(scratch, "roles", "userSourcedId", _NAMES_NO_USER, _NO_USER.format("user_id"))
        reject(scratch, "roles", "orgSourcedId", _NAMES_NO_ORG, _NO_ORG.format("org_id"))
        nameless = (
            "NOT gone AND role = 'student' AND user_id NOT IN (SELECT id FROM file_users WHERE NOT gone)"
            " AND user_id NOT IN (SELECT student_id FROM was_students)"
        )
        reject(scratch, "roles", "userSourcedId", "makes a student of a user whose row must come with it", nameless)
    scratch.execute(
        "INSERT INTO now_roster_roles SELECT id, user_id, role, org_id, begins_on, ends_on FROM file_roles"
        " WHERE NOT gone ORDER BY id"
    )
    kept = stays(manifest, "users", "user_id") if of_users else stays(manifest, "roles", "role_id")
    scratch.execute(
        f"INSERT OR IGNORE INTO now_roster_roles SELECT * FROM was_roster_roles WHERE {kept}"
        " AND user_id IN (SELECT id FROM known_users) AND role_id NOT IN (SELECT id FROM file_roles WHERE gone)"
        + (" AND user_id NOT IN (SELECT id FROM file_users)" if of_users else "")
    )
    scratch.execute(
        "INSERT OR IGNORE INTO now_student_schools SELECT r.user_id, r.org_id FROM now_roster_roles r"
        " JOIN now_orgs o ON o.org_id = r.org_id AND o.active AND o.kind = 'school' WHERE r.role = 'student'"
        " AND coalesce(r.begins_on, :day) <= :day AND coalesce(r.ends_on, :day) >= :day ORDER BY 1, 2",
        {"day": day.isoformat()},
    )


def _ensure_roles_known(scratch: sqlite3.Connection, manifest: Manifest) -> None:
    """Users without anybody's role, ever, are a forgotten file. Raises: RosterRefused."""
    if manifest.mode("users") is not Mode.ABSENT and manifest.mode("roles") is Mode.ABSENT:
        (known,) = scratch.execute("SELECT EXISTS (SELECT 1 FROM was_roster_roles)").fetchone()
        if not known:
            raise RosterRefused("roles.csv is missing: without it nobody is known to be a student.")


def resolve_other_users(scratch: sqlite3.Connection) -> None:
    """`now_other_users`: the known users who are no active students."""
    scratch.execute(
        "INSERT INTO now_other_users SELECT id FROM known_users"
        " WHERE NOT EXISTS (SELECT 1 FROM now_students s WHERE s.student_id = known_users.id AND s.active)"
    )


def resolve_rest(scratch: sqlite3.Connection, manifest: Manifest, sessions: Relation, enrollments: Relation) -> None:
    """Sessions and enrolments, which nothing else refers to."""
    reject(scratch, "demographics", "sourcedId", _NAMES_NO_USER, _NO_USER.format("id"))
    reject(scratch, "enrollments", "userSourcedId", _NAMES_NO_USER, _NO_USER.format("user_id"))
    reject(scratch, "enrollments", "schoolSourcedId", _NAMES_NO_ORG, _NO_ORG.format("school_id"))
    for relation, kind in ((sessions, "academicSessions"), (enrollments, "enrollments")):
        columns = ", ".join(["id", *relation.columns[1:]])
        scratch.execute(f"INSERT INTO now_{relation.name} SELECT {columns} FROM file_{kind} WHERE NOT gone ORDER BY id")
        key = relation.keys[0]
        scratch.execute(
            f"INSERT OR IGNORE INTO now_{relation.name} SELECT * FROM was_{relation.name}"
            f" WHERE {stays(manifest, kind, key)} AND {key} NOT IN (SELECT id FROM file_{kind} WHERE gone)"
        )


def school_year_said(scratch: sqlite3.Connection, day: date) -> int | None:
    """The school year that the district's own sessions put a day in; None when they say nothing."""
    found = scratch.execute(
        "SELECT max(school_year) FROM now_academic_sessions"
        " WHERE kind = 'schoolYear' AND starts_on <= :day AND ends_on >= :day",
        {"day": day.isoformat()},
    ).fetchone()[0]
    return None if found is None else int(found)
