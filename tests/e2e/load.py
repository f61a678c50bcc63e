"""Somebody who refers students all the time, and repeats every request until it is answered."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from uuid import uuid4

import httpx2

from tests.e2e.processes import RunningSuite, until

NEEDS = ("grief", "bullying", "attendance")
STUDENTS = [f"st-{n:05}" for n in range(30)]


def school_of(student: str) -> str:
    """The school that `a_roster` puts a student at."""
    return f"s-{int(student.removeprefix('st-')) % 3 + 1}"


@dataclass
class Load:
    """Two referrers; what they were told is in `answered`: referral id -> (school, need)."""

    suite: RunningSuite
    per_second: float = 25.0
    answered: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)
    slowest_seconds: float = 0.0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._refer, args=(n,)) for n in range(2)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _refer(self, number: int) -> None:
        with self.suite.client("referral_api", sub=f"c-{number}") as client:
            count = number
            while not self._stop.is_set():
                student, need = STUDENTS[count % len(STUDENTS)], NEEDS[count % len(NEEDS)]
                count += len(self._threads)
                self._refer_once(client, student, need)
                time.sleep(len(self._threads) / self.per_second)

    def _refer_once(self, client: httpx2.Client, student: str, need: str) -> None:
        body = {
            "student_id": student,
            "school_id": school_of(student),
            "need": need,
            "urgency": "soon",
            "summary": "Sits alone.",
        }
        key = {"Idempotency-Key": str(uuid4())}
        while True:
            began = time.monotonic()
            try:
                answer = client.post("/v1/referrals", json=body, headers=key)
            except httpx2.HTTPError:
                time.sleep(0.1)  # killed before it answered: whether it was done, only the repeat can tell
                continue
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
            if answer.status_code == 201:
                self.answered[answer.json()["referral_id"]] = (school_of(student), need)
                return
            self.refused[answer.status_code] += 1
            assert answer.status_code == 503, answer.text
            assert answer.json()["type"].endswith("database-unavailable")
            time.sleep(0.1)


def all_stored(suite: RunningSuite) -> set[str]:
    """The id of every referral that is in the database, page by page."""
    found: set[str] = set()
    with suite.client("referral_api") as client:
        cursor = ""
        while True:
            page = client.get(f"/v1/referrals?limit=500{cursor}").json()
            found |= {item["referral_id"] for item in page["items"]}
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"


def ensure_all_counted_once(suite: RunningSuite, load: Load) -> None:
    """Every answered request is stored and in the view, once; nothing else is."""
    assert all_stored(suite) == load.answered.keys()
    wanted = dict(Counter(load.answered.values()))
    until(lambda: suite.funnel("school_id,need") == wanted and suite.lag() == 0, "the view shows each once")
