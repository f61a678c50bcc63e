"""The OneRoster files that are used: their columns, what each may hold, and what is kept of a row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from referral_api.students.rules import (
    RACE_COLUMNS,
    disability,
    english_learner,
    highest_grade,
    race_ethnicity,
    sex,
)

MOST_CHARACTERS_OF_ID = 255
MOST_CHARACTERS_OF_TEXT = 1000

Check = Callable[[str], str | None]
"""What is wrong with a value, in words that do not quote it; None when nothing is."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    name: str
    check: Check
    in_header: bool = False
    """Whether a file without this column is refused as a whole."""
    filled: bool = False
    """Whether a row without a value is refused."""
    free: bool = False
    """Whether its values are many: ids and texts, as against codes, which repeat."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file: `keep` makes a row's kept values from its columns' values, in the order of `columns`."""

    name: str
    columns: tuple[Column, ...]
    kept: tuple[str, ...]
    keep: Callable[[tuple[str, ...]], tuple[object, ...]]


def _one_of(*allowed: str) -> Check:
    values = frozenset(allowed)
    return lambda value: None if value in values else "is none of the values that OneRoster allows"


def _id(value: str) -> str | None:
    return "is too long" if len(value) > MOST_CHARACTERS_OF_ID else _nul(value)


def _text(value: str) -> str | None:
    return "is too long" if len(value) > MOST_CHARACTERS_OF_TEXT else _nul(value)


def _nul(value: str) -> str | None:
    return "holds a NUL character" if "\0" in value else None


def _boolean(value: str) -> str | None:
    return None if value in ("true", "false") or value.lower() in ("true", "false") else "must be true or false"


def check_day(value: str) -> str | None:
    """Whether a value is a date."""
    return None if len(value) == len("2026-08-31") and _is_day(value) else "must be a date, as 2026-08-31"


_LONGEST_INSTANT = 40


@lru_cache(maxsize=40_000)  # a century of days
def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def instant(value: str) -> str | None:
    """`dateLastModified` as text of fixed width in UTC; None where it is no ISO 8601 instant."""
    return _instant(value) if len(value) <= _LONGEST_INSTANT else None  # nothing long is kept in the cache


@lru_cache(maxsize=20_000)  # a nightly export has few of them
def _instant(value: str) -> str | None:
    try:
        found = datetime.fromisoformat(value)
        utc = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return utc.isoformat(timespec="microseconds")


def check_instant(value: str) -> str | None:
    """Whether `dateLastModified` is an ISO 8601 instant."""
    return None if instant(value) else "must be a date and time, as 2026-08-31T06:00:00.000Z"


def _year(value: str) -> str | None:
    return None if len(value) == 4 and value.isascii() and value.isdigit() else "must be a year, as 2027"


ROLES = (
    *("aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor"),
    *("relative", "siteAdministrator", "student", "systemAdministrator", "teacher"),
)
"""The roles of OneRoster 1.2; `ext:…` may name any other, as `ext:schoolResourceOfficer`."""
ROLES_1_1 = (*ROLES, "administrator")
"""Systems that write 1.1 mix both versions' words."""
ROLES_OF_CLASSES = ("administrator", "aide", "proctor", "student", "teacher")
"""What somebody may be to a class."""


def _one_of_or_other(*allowed: str) -> Check:
    is_allowed = _one_of(*allowed)
    return lambda value: _id(value) if value.startswith("ext:") and len(value) > len("ext:") else is_allowed(value)


_role, _role_1_1 = _one_of_or_other(*ROLES), _one_of_or_other(*ROLES_1_1)


SOURCED_ID = Column("sourcedId", _id, in_header=True, filled=True, free=True)
_PERIOD = (Column("beginDate", check_day), Column("endDate", check_day))


def _required(name: str, check: Check) -> Column:
    return Column(name, check, in_header=True, filled=True, free=check in (_id, _text))


def _free(name: str, check: Check) -> Column:
    return Column(name, check, free=True)


ORGS = FileKind(
    "orgs",
    (
        SOURCED_ID,
        _required("name", _text),
        _required("type", _one_of("department", "school", "district", "local", "state", "national")),
        _free("identifier", _text),
        _free("parentSourcedId", _id),
    ),
    ("id", "name", "kind", "identifier", "parent_org_id"),
    lambda v: (v[0], v[1], v[2], v[3] or None, v[4] or None),
)

_USER_COLUMNS = (
    SOURCED_ID,
    _required("givenName", _text),
    _required("familyName", _text),
    Column("grades", _text),
    Column("enabledUser", _boolean),
)
_grade = lru_cache(maxsize=2_000)(highest_grade)
USERS = FileKind(
    "users",
    (*_USER_COLUMNS, _free("primaryOrgSourcedId", _id)),
    ("id", "given_name", "family_name", "grade"),
    lambda v: (v[0], v[1], v[2], _grade(v[3])),
)
USERS_1_1 = FileKind(
    "users",
    (*_USER_COLUMNS, _required("role", _role_1_1), Column("orgSourcedIds", _text, in_header=True, free=True)),
    ("id", "given_name", "family_name", "grade", "role", "org_ids"),
    lambda v: (v[0], v[1], v[2], _grade(v[3]), v[5], v[6]),
)

ROLES_FILE = FileKind(
    "roles",
    (
        SOURCED_ID,
        _required("userSourcedId", _id),
        _required("role", _role),
        _required("orgSourcedId", _id),
        Column("roleType", _one_of("primary", "secondary")),
        *_PERIOD,
    ),
    ("id", "user_id", "role", "org_id", "begins_on", "ends_on"),
    lambda v: (v[0], v[1], v[2], v[3], v[5] or None, v[6] or None),
)

_RACES = tuple(RACE_COLUMNS)


@lru_cache(maxsize=20_000)
def _facets(values: tuple[str, ...]) -> tuple[object, ...]:
    hispanic, two_or_more, sex_code, disability_code, learner, *races = (v.lower() for v in values)
    named = frozenset(RACE_COLUMNS[c] for c, v in zip(_RACES, races, strict=True) if v == "true")
    return (
        race_ethnicity(hispanic=hispanic == "true", two_or_more=two_or_more == "true", races=named).value,
        sex(sex_code).value,
        disability(disability_code).value,
        english_learner(learner),
    )


DEMOGRAPHICS = FileKind(
    "demographics",
    (
        SOURCED_ID,
        Column("birthDate", check_day),
        Column("hispanicOrLatinoEthnicity", _boolean),
        Column("demographicRaceTwoOrMoreRaces", _boolean),
        Column("sex", _one_of("male", "female", "other", "unspecified")),
        Column("metadata.disabilityStatus", _one_of("idea", "section_504", "none")),
        Column("metadata.englishLearner", _boolean),
        *(Column(name, _boolean) for name in _RACES),
    ),
    ("id", "race_ethnicity", "sex", "disability", "english_learner"),
    lambda v: (v[0], *_facets(v[2:])),  # the birth date is checked and not kept
)

ACADEMIC_SESSIONS = FileKind(
    "academicSessions",
    (
        SOURCED_ID,
        _required("title", _text),
        _required("type", _one_of("gradingPeriod", "semester", "schoolYear", "term")),
        _required("startDate", check_day),
        _required("endDate", check_day),
        _required("schoolYear", _year),
    ),
    ("id", "title", "kind", "starts_on", "ends_on", "school_year"),
    lambda v: (v[0], v[1], v[2], v[3], v[4], int(v[5])),
)

ENROLLMENTS = FileKind(
    "enrollments",
    (
        SOURCED_ID,
        _required("classSourcedId", _id),
        _required("schoolSourcedId", _id),
        _required("userSourcedId", _id),
        _required("role", _one_of_or_other(*ROLES_OF_CLASSES)),
        Column("primary", _boolean),
        *_PERIOD,
    ),
    ("id", "class_id", "school_id", "user_id", "role", "begins_on", "ends_on"),
    lambda v: (*v[:5], v[6] or None, v[7] or None),
)


def kinds_of(version: str) -> tuple[FileKind, ...]:
    """The files of a OneRoster version that are used, in the order in which they build on each other."""
    if version == "1.1":
        return (ORGS, USERS_1_1, DEMOGRAPHICS, ACADEMIC_SESSIONS, ENROLLMENTS)
    return (ORGS, USERS, ROLES_FILE, DEMOGRAPHICS, ACADEMIC_SESSIONS, ENROLLMENTS)


USED = frozenset(k.name for version in ("1.1", "1.2") for k in kinds_of(version))
"""Every kind of file that some version uses."""
