"""Who talks to the API, and the bearer tokens that say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared.auth import Role
from shared.auth.issuing import issue_token
from shared.auth.local_keys import read_signing_key


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a role at one school; without a school, in the whole district."""

    role: str
    sub: str
    school_id: str | None = None


ROSTER_SENDER = Person("integration", "student-information-system")
READER = Person("district_admin", "district-admin")


def at_school(role: str, school_id: str) -> Person:
    """The one person of a role at a school."""
    return Person(role, f"{school_id}-{role}", school_id)


def roster_staff(school_id: str) -> Iterator[tuple[Person, str]]:
    """The adults of a school whom a roster names, with OneRoster's word for what they are."""
    yield at_school("administrator", school_id), "principal"
    yield at_school("counselor", school_id), "counselor"
    yield at_school("staff", school_id), "teacher"


class NoKeys(Exception):
    """No suite has made its keys in this folder."""


class Tokens:
    """Bearer tokens of one district, as `make token` prints them. A real client gets its own from the district."""

    def __init__(self, keys: Path, district_id: str) -> None:
        """Raises: NoKeys."""
        if not keys.is_dir():  # reading would make new ones, which no running suite knows
            raise NoKeys(f"{keys} is not there: no suite has run in this home")
        self._key = read_signing_key(keys)
        self._district_id = district_id
        self._issued: dict[Person, str] = {}

    def of(self, person: Person) -> str:
        """The token of a person."""
        if person not in self._issued:
            self._issued[person] = issue_token(
                self._key,
                sub=person.sub,
                district_id=self._district_id,
                role=Role(person.role),
                school_ids=None if person.school_id is None else [person.school_id],
                now=datetime.now(UTC),
            )
        return self._issued[person]
