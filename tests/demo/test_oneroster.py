"""The roster that is sent holds the students that were drawn."""

import csv
import io
import zipfile
from collections import Counter
from pathlib import Path

from demo.district import District, Size, Student
from demo.oneroster import rows_of, write_roster

TINY = District("demo", Size(schools=3, students=120, reference_rate=0.2), seed=3)


def written(path: Path) -> tuple[dict[str, list[dict[str, str]]], list[Student]]:
    students = list(write_roster(path, TINY, school_year=2027))
    with zipfile.ZipFile(path) as archive:
        files = {
            name: list(csv.DictReader(io.TextIOWrapper(archive.open(name), encoding="utf-8", newline="")))
            for name in archive.namelist()
        }
    return files, students


def test_every_student_is_in_users_roles_and_demographics_once(tmp_path: Path) -> None:
    files, students = written(tmp_path / "roster.zip")
    ids = {student.student_id for student in TINY.everybody()}
    assert {s.student_id for s in students} == ids == {row["sourcedId"] for row in files["demographics.csv"]}
    roles = [row for row in files["roles.csv"] if row["role"] == "student"]
    assert Counter(row["userSourcedId"] for row in roles) == Counter(ids)
    assert ids <= {row["sourcedId"] for row in files["users.csv"]}
    assert rows_of(TINY) == sum(len(lines) for name, lines in files.items() if name != "manifest.csv")


def test_the_manifest_names_the_files_that_are_there_as_bulk(tmp_path: Path) -> None:
    files, _ = written(tmp_path / "roster.zip")
    modes = {row["propertyName"]: row["value"] for row in files["manifest.csv"]}
    bulk = {name.removeprefix("file.") for name, value in modes.items() if value == "bulk"}
    assert {f"{name}.csv" for name in bulk} == set(files) - {"manifest.csv"}
    assert modes["oneroster.version"] == "1.2"


def test_the_same_district_gives_the_same_bytes(tmp_path: Path) -> None:
    written(tmp_path / "one.zip")
    written(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
