"""Small OneRoster zips for tests: a few schools and students, any row of which a test may change."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, str]
Files = dict[str, str | bytes]

_BASE = ["sourcedId", "status", "dateLastModified"]
HEADERS: Mapping[str, Sequence[str]] = {
    "orgs": [*_BASE, "name", "type", "identifier", "parentSourcedId"],
    "users": [*_BASE, "enabledUser", "username", "givenName", "familyName", "grades", "primaryOrgSourcedId"],
    "roles": [*_BASE, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId"],
    "demographics": [
        *_BASE,
        *("birthDate", "sex", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican"),
        *("nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces"),
        *("hispanicOrLatinoEthnicity", "metadata.disabilityStatus", "metadata.englishLearner"),
    ],
    "academicSessions": [*_BASE, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"],
    "enrollments": [
        *_BASE,
        *("classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"),
    ],
    "users 1.1": [*_BASE, "enabledUser", "orgSourcedIds", "role", "username", "givenName", "familyName", "grades"],
}
DELTA = {"status": "active", "dateLastModified": "2026-11-20T06:00:00.000Z"}
GONE = {**DELTA, "status": "tobedeleted"}


def a_table(kind: str, rows: Sequence[Row]) -> str:
    """A file of this kind."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADERS[kind], restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def a_manifest(modes: Mapping[str, str], version: str = "1.2") -> str:
    """A manifest that names these files."""
    lines = ["propertyName,value", "manifest.version,1.0", f"oneroster.version,{version}"]
    return "\r\n".join([*lines, *(f"file.{kind},{mode}" for kind, mode in modes.items()), ""])


def a_zip(files: Files) -> bytes:
    """A zip of these files, as they are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return out.getvalue()


class Roster:
    """Two schools with six students each; `st-1` … `st-6` at `s-1`, `st-7` … `st-12` at `s-2`."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, str]]] = {
            "orgs": [
                {"sourcedId": "d", "name": "District", "type": "district"},
                *({"sourcedId": s, "name": f"School {s}", "type": "school", "identifier": s} for s in ("s-1", "s-2")),
            ],
            "users": [],
            "roles": [],
            "demographics": [],
        }
        for number in range(1, 13):
            self.add_student(f"st-{number}", "s-1" if number <= 6 else "s-2")

    def add_student(self, student_id: str, *schools: str, given: str = "Ana", family: str = "Field") -> None:
        """One more student, at these schools: white, female, grade 07, nothing known of disability and language."""
        self.tables["users"].append(
            {"sourcedId": student_id, "enabledUser": "true", "givenName": given, "familyName": family, "grades": "07"}
        )
        for school in schools:
            self.add_role(student_id, "student", school)
        self.tables["demographics"].append({"sourcedId": student_id, "sex": "female", "white": "true"})

    def add_role(self, user_id: str, role: str, org: str, **more: str) -> None:
        """One more role."""
        row = {"sourcedId": f"r-{user_id}-{role}-{org}", "userSourcedId": user_id, "roleType": "primary", "role": role}
        self.tables["roles"].append({**row, "orgSourcedId": org, **more})

    def row(self, kind: str, sourced_id: str) -> dict[str, str]:
        """One row, to be changed in place."""
        return next(r for r in self.tables[kind] if r["sourcedId"] == sourced_id)

    def files(self, **modes: str) -> Files:
        """The files with their manifest: bulk, unless `modes` says otherwise."""
        named = {kind: modes.get(kind, "bulk") for kind in self.tables}
        tables = {f"{kind}.csv": a_table(kind, rows) for kind, rows in self.tables.items()}
        return {"manifest.csv": a_manifest(named), **tables}

    def zip(self) -> bytes:
        """The roster as a district sends it."""
        return a_zip(self.files())


def a_delta(**tables: Sequence[Row]) -> bytes:
    """A zip of delta files; rows are `active` unless they say otherwise."""
    files: Files = {"manifest.csv": a_manifest(dict.fromkeys(tables, "delta"))}
    for kind, rows in tables.items():
        files[f"{kind}.csv"] = a_table(kind, [{**DELTA, **row} for row in rows])
    return a_zip(files)


def a_roster_1_1(users: Sequence[Mapping[str, Any]]) -> bytes:
    """A OneRoster 1.1 zip with these users and two schools."""
    orgs = Roster().tables["orgs"]
    return a_zip(
        {
            "manifest.csv": a_manifest({"orgs": "bulk", "users": "bulk"}, version="1.1"),
            "orgs.csv": a_table("orgs", orgs),
            "users.csv": a_table("users 1.1", users),
        }
    )
