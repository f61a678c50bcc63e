"""A survey with known answers: closed, counted, and asked about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import select

from climate_survey_api.responses.keys import key_of
from climate_survey_api.responses.models import ballots
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.responses.sealing import seal_ballot
from climate_survey_api.settings import Settings
from shared.bulk import bulk_upsert
from shared.cloudevents import event_type
from shared.events.surveys import RespondentGroup, SurveyFacet, SurveyResultsCounted
from shared.outbox import outbox, unpack_headers
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.responses.surveys import a_survey, an_item

STUDENT, STAFF = RespondentGroup.STUDENT, RespondentGroup.STAFF
ITEMS = [
    *(an_item(f"q{n}", reverse=n == 4) for n in (1, 2, 3, 4)),
    an_item("e1", dimension="equity"),
    an_item("way", dimension="contact", scale="choice", choices=[{"text": {"en": t, "es": t}} for t in "abc"]),
    an_item("words", dimension="contact", scale="text"),
]
FRAME = {"student": {"sex": {"female": 40, "male": 24}}}


def students_of(school: str, n: int, *, point: int, sex: str = "female", words: str = "") -> list[Ballot]:
    """Students who agree on a point; every third is a step lower, and who reads the fourth item turned says so."""
    made = []
    for number in range(n):
        p = max(1, point - (number % 3 == 0))
        answers = {"q1": p, "q2": p, "q3": point, "q4": 5 - p, "e1": p, "way": 1 + number % 3}
        facets = {SurveyFacet.SEX: sex}
        made.append(Ballot(school, STUDENT, answers, facets, {"words": words} if words else {}))
    return made


@dataclass(frozen=True)
class Counted:
    """The survey, and who asks about it."""

    service: ServiceInTest[Settings]
    administration_id: UUID

    async def get(
        self, path: str = "", role: str = "analyst", schools: list[str] | None = None, **query: Any
    ) -> httpx2.Response:
        """What a caller is answered about its results."""
        async with self.service.client(role, schools=schools) as client:
            return await client.get(f"/v1/administrations/{self.administration_id}/results{path}", params=query)

    async def change(self, before: "Counted", **query: str) -> httpx2.Response:
        """What has changed since an earlier one."""
        asked: dict[str, Any] = {"from": str(before.administration_id), **query}
        return await self.get("/change", **asked)

    async def rows(self, path: str = "", **query: Any) -> list[dict[str, Any]]:
        """The rows of it."""
        answer = await self.get(path, **query)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    async def announced(self) -> list[SurveyResultsCounted]:
        """What was told of this survey."""
        async with self.service.process.database.read(DISTRICT) as session:
            found = (await session.execute(select(outbox.c.value, outbox.c.headers).order_by(outbox.c.seq))).all()
        told = [row.value for row in found if event_type(unpack_headers(row.headers)) == SurveyResultsCounted.name]
        events = [SurveyResultsCounted.model_validate_json(value) for value in told]
        return [event for event in events if event.administration_id == self.administration_id]


async def surveyed(
    service: ServiceInTest[Settings],
    dropped: Sequence[Ballot],
    *,
    items: Sequence[dict[str, Any]] = ITEMS,
    invited: Mapping[tuple[str, str], int] | None = None,
    **plan: Any,
) -> Counted:
    """An open survey of two schools' students and one's staff, with these answers in its box."""
    schools = [
        {"school_id": "s-1", "invited": {"student": 64, "staff": 8}, "frame": FRAME},
        {"school_id": "s-2", "invited": {"student": 5}},
    ]
    invited = invited or {("s-1", "student"): 1, ("s-1", "staff"): 1, ("s-2", "student"): 1}
    plan = {"schools": schools, "facets": ["sex"], "free_text": True, **plan}
    open_survey = await a_survey(service, invited, items=items, **plan)
    await drop(service, open_survey.administration_id, dropped)
    return Counted(service, open_survey.administration_id)


async def drop(service: ServiceInTest[Settings], administration_id: UUID, dropped: Iterable[Ballot]) -> None:
    """Put ballots into the box as if each had come with a code of its own."""
    async with service.process.database.write(DISTRICT) as session:
        key = await key_of(session, service.process.ring, administration_id)
        rows = []
        for ballot in dropped:
            ballot_id = uuid4()
            sealed = seal_ballot(key, ballot, administration_id=administration_id, ballot_id=ballot_id, room=6000)
            group = ballot.respondent_group.value
            rows.append((administration_id, ballot_id, DISTRICT, ballot.school_id, group, sealed))
        columns = ("administration_id", "ballot_id", "district_id", "school_id", "respondent_group", "sealed")
        await bulk_upsert(session, ballots, columns, rows, on_conflict="ignore")


async def close(survey: Counted) -> dict[str, Any]:
    """Close it; how it stands then."""
    async with survey.service.client("district_admin", "admin-1") as admin:
        answer = await admin.post(f"/v1/administrations/{survey.administration_id}/closing", json={})
        assert answer.status_code == 200, answer.text
        stands: dict[str, Any] = answer.json()
        return stands
