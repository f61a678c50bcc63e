"""Services as real processes, and a district for them to work on."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson

from bench.client import post
from referral_api.students.models import student_schools, students
from shared.auth import Role
from shared.auth.issuing import issue_token
from shared.auth.local_keys import ensure_keys
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing, ensure_field_keys, field_keys_path
from shared.db import Database
from shared.events.referrals import Need, Urgency
from shared.outbox import new_event_id

DISTRICT = "bench"
SCHOOLS = 50
STUDENTS_OF_A_SCHOOL = 200
_PATIENCE_SECONDS = 60.0
_STOP_PATIENCE_SECONDS = 15.0
_STUDENT_COLUMNS = (
    *("district_id", "student_id", "given_name", "family_name", "grade"),
    *("race_ethnicity", "sex", "disability", "english_learner", "active"),
)


@contextmanager
def running(words: Sequence[str], environment: Mapping[str, str], *, ready_at: str) -> Iterator[int]:
    """A Python program, from when it answers at that address until the block ends; its process number.

    Raises: RuntimeError when it ends or takes too long before that.
    """
    # A service writes its line per request, as it does anywhere; nobody has to read it.
    command, told = [sys.executable, "-m", *words], {**os.environ, **environment}
    with subprocess.Popen(command, env=told, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while not answers(ready_at):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{' '.join(words)} did not come up")
                time.sleep(0.05)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(_STOP_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def answers(url: str) -> bool:
    """Whether it answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def environment(home: Path, *, database_url: str, bus_url: str, port: int) -> dict[str, str]:
    """What a service is told, with keys made if there are none."""
    ensure_keys(home)
    for package in ("referral_api", "climate_survey_api", "reporting", "training_registry"):
        ensure_field_keys(field_keys_path(home, package))
    return {
        "DATABASE_URL": database_url,
        "EVENT_BUS_URL": bus_url,
        "KEYS_DIR": str(home),
        "IMPORT_DIR": str(home),
        "PORT": str(port),
        "PARENT_PID": str(os.getpid()),
    }


async def enroll(database_url: str, keys: Path) -> None:
    """Put 10,000 students into 50 schools, straight into the tables: loading a roster is not measured here."""
    ring = KeyRing.from_file(field_keys_path(keys, "referral_api"))
    database = Database(database_url)
    groups = ("white", "female", "none", False, True)
    try:
        async with database.write(DISTRICT) as session:
            for school in range(SCHOOLS):
                ids = [student_id(school, number) for number in range(STUDENTS_OF_A_SCHOOL)]
                rows = [(DISTRICT, i, *_names(ring, i), "07", *groups) for i in ids]
                await bulk_upsert(session, students, _STUDENT_COLUMNS, rows, on_conflict="ignore")
                at = [(DISTRICT, i, school_id(school)) for i in ids]
                columns = ("district_id", "student_id", "school_id")
                await bulk_upsert(session, student_schools, columns, at, on_conflict="ignore")
    finally:
        await database.close()


def _names(ring: KeyRing, student: str) -> list[bytes]:
    key = f"{DISTRICT}/{student}"
    return [ring.seal("Name", table="students", column=c, key=key) for c in ("given_name", "family_name")]


def school_id(school: int) -> str:
    """The id of a school by its number."""
    return f"school-{school:03}"


def student_id(school: int, number: int) -> str:
    """The id of a student by his school and number."""
    return f"student-{school:03}-{number:04}"


def token(keys: Path, role: Role) -> str:
    """A token for the bench's district."""
    return issue_token(keys, sub=f"{role}-1", district_id=DISTRICT, role=role, now=datetime.now(UTC))


def submission(number: int, bearer: str) -> bytes:
    """The request that submits the referral of this number: each has a student, a key and a story of its own."""
    school, student = number % SCHOOLS, number // SCHOOLS % STUDENTS_OF_A_SCHOOL
    body = {
        "student_id": student_id(school, student),
        "school_id": school_id(school),
        "need": list(Need)[number % len(Need)],
        "urgency": list(Urgency)[number % len(Urgency)],
        "summary": f"Number {number}: quiet since the funeral, eats alone, and asked twice this week to go home early.",
    }
    headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": str(new_event_id())}
    return post("/v1/referrals", orjson.dumps(body), headers)
