"""Writes the district's roster as a OneRoster 1.2 CSV zip: bulk, streamed, the same bytes for the same district."""

import csv
import io
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from demo.district import District, School, Student
from demo.people import roster_staff

_HEADERS = {
    "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "users": "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,"
    "preferredFamilyName,primaryOrgSourcedId,pronouns",
    "roles": "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
    "userProfileSourcedId",
    "demographics": "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,"
    "blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,"
    "hispanicOrLatinoEthnicity,countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus,"
    "metadata.disabilityStatus,metadata.englishLearner",
}
_ABSENT = (
    *("categories", "classes", "classResources", "courses", "courseResources", "enrollments"),
    *("lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales", "resources", "resultLearningObjectiveIds"),
    *("results", "resultScoreScales", "scoreScales", "userProfiles", "userResources"),
)
_RACE_COLUMNS = {
    "american_indian": "americanIndianOrAlaskaNative",
    "asian": "asian",
    "black": "blackOrAfricanAmerican",
    "pacific_islander": "nativeHawaiianOrOtherPacificIslander",
    "white": "white",
}
_SEXES = {"female": "female", "male": "male", "nonbinary": "other", "unknown": "unspecified"}
_LEARNERS = {True: "true", False: "false", None: ""}
_DISTRICT = "d-1"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a zip's own date would make other bytes each time

Row = dict[str, str]


def rows_of(district: District) -> int:
    """How many rows the files have, manifest and headers aside."""
    staff = sum(1 for _ in roster_staff("any"))
    return 2 + district.size.schools * (1 + 2 * staff) + 3 * district.size.students


def write_roster(path: Path, district: District, *, school_year: int) -> Iterator[Student]:
    """Write the zip while it is iterated over, and yield each student as he is written; it is there at the end.

    The files grow side by side in a folder beside it, so that every student is drawn once and none is kept.
    """
    with TemporaryDirectory(dir=path.parent) as folder:
        with ExitStack() as open_files:
            tables = {name: _table(open_files, Path(folder) / f"{name}.csv", name) for name in _HEADERS}
            for name, row in _of_district(district, school_year):
                tables[name].writerow(row)
            for school in district.schools:
                for name, row in _of_school(school):
                    tables[name].writerow(row)
                for student in district.students(school):
                    for name, row in _of_student(student):
                        tables[name].writerow(row)
                    yield student
        with zipfile.ZipFile(path, "w") as archive:
            _pack(archive, "manifest.csv", io.BytesIO(_manifest().encode()))
            for name in _HEADERS:
                with (Path(folder) / f"{name}.csv").open("rb") as file:
                    _pack(archive, f"{name}.csv", file)


def _table(open_files: ExitStack, path: Path, name: str) -> "csv.DictWriter[str]":
    file = open_files.enter_context(path.open("w", encoding="utf-8", newline=""))
    table = csv.DictWriter(file, _HEADERS[name].split(","), restval="", lineterminator="\r\n")
    table.writeheader()
    return table


def _pack(archive: zipfile.ZipFile, name: str, file: Any) -> None:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as packed:
        shutil.copyfileobj(file, packed)


def _manifest() -> str:
    properties = {
        "manifest.version": "1.0",
        "oneroster.version": "1.2",
        **{f"file.{name}": "bulk" for name in _HEADERS},
        **{f"file.{name}": "absent" for name in _ABSENT},
        "source.systemName": "Rapport's synthetic district",
        "source.systemCode": "demo",
    }
    return "propertyName,value\r\n" + "".join(f"{name},{value}\r\n" for name, value in properties.items())


def _of_district(district: District, school_year: int) -> Iterator[tuple[str, Row]]:
    """The rows that belong to no school, each with the name of its file."""
    yield (
        "academicSessions",
        {
            "sourcedId": f"year-{school_year}",
            "title": f"School year {school_year - 1}-{school_year % 100:02}",
            "type": "schoolYear",
            "startDate": f"{school_year - 1}-07-01",
            "endDate": f"{school_year}-06-30",
            "schoolYear": str(school_year),
        },
    )
    yield "orgs", {"sourcedId": _DISTRICT, "name": "Synthetic School District", "type": "district"}


def _of_school(school: School) -> Iterator[tuple[str, Row]]:
    """A school and its adults."""
    about = {"name": school.name, "type": "school", "parentSourcedId": _DISTRICT}
    yield "orgs", {"sourcedId": school.school_id, "identifier": school.school_id.removeprefix("s-").zfill(4), **about}
    for person, role in roster_staff(school.school_id):
        name = {"givenName": "Synthetic", "familyName": f"{role.capitalize()} of {school.school_id}"}
        yield from _user(person.sub, school.school_id, role, name)


def _of_student(student: Student) -> Iterator[tuple[str, Row]]:
    name = {"givenName": student.given_name, "familyName": student.family_name, "grades": student.grade}
    yield from _user(student.student_id, student.school_id, "student", name)
    yield "demographics", _demographics(student)


def _user(user_id: str, school_id: str, role: str, about: Row) -> Iterable[tuple[str, Row]]:
    user = {"sourcedId": user_id, "enabledUser": "true", "username": user_id, "primaryOrgSourcedId": school_id}
    yield "users", user | about
    yield (
        "roles",
        {
            "sourcedId": f"r-{user_id}",
            "userSourcedId": user_id,
            "roleType": "primary",
            "role": role,
            "orgSourcedId": school_id,
        },
    )


def _demographics(student: Student) -> Row:
    """Races as a district has them, so that the service has to roll them up; no birth date, for it keeps none."""
    row = {
        "sourcedId": student.student_id,
        "sex": _SEXES[student.sex],
        "hispanicOrLatinoEthnicity": "false",
        **dict.fromkeys(_RACE_COLUMNS.values(), "false"),
        "metadata.disabilityStatus": "" if student.disability == "unknown" else student.disability,
        "metadata.englishLearner": _LEARNERS[student.english_learner],
    }
    if student.race_ethnicity == "hispanic":
        return row | {"hispanicOrLatinoEthnicity": "true", "white": "true"}
    if student.race_ethnicity == "two_or_more":
        return row | {"asian": "true", "blackOrAfricanAmerican": "true"}
    if student.race_ethnicity in _RACE_COLUMNS:
        return row | {_RACE_COLUMNS[student.race_ethnicity]: "true"}
    return row
