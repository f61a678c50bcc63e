"""What a view says where nothing is counted: on the first day of a school year, or of a district."""

from typing import Any

import pytest

from shared.testing.events import a_submission, an_enrollment, some_facets
from shared.testing.survey_events import a_count, an_opening
from shared.testing.training_events import a_lesson, a_quota
from tests.reporting.suite import Reporting, announce, view

VIEWS = ("referral-funnel", "students-referred", "contact-times", "open-referrals")
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"by": "need"},
    {"by": "month"},
    {"by": "school_id,sex"},
    {"need": "grief"},
    {},
)


@pytest.mark.parametrize("name", VIEWS)
async def test_a_district_that_nothing_is_known_of_has_no_numbers_for_anybody(reporting: Reporting, name: str) -> None:
    for question in (*QUESTIONS, {"from": "2026-09"}):
        for role in ("analyst", "counselor"):
            answer = await view(reporting, name, role=role, **question)
            assert all(not row.get("n") and not row.get("students") for row in answer["rows"]), question


@pytest.mark.parametrize("name", VIEWS)
async def test_a_year_before_its_first_referral_has_no_numbers_for_anybody(reporting: Reporting, name: str) -> None:
    await announce(reporting, a_submission(), an_enrollment((some_facets(), 300)))
    for question in (*QUESTIONS, {"from": "2030-09"}):
        for role in ("analyst", "counselor"):
            answer = await view(reporting, name, role=role, **{"school_year": 2031, **question})
            assert all(not row.get("n") and not row.get("students") for row in answer["rows"]), question


@pytest.mark.parametrize("name", ["activities", "training", "drills", "drill-quotas", "climate", "survey-progress"])
async def test_a_district_that_nothing_is_known_of_has_no_rows_of_what_others_do(
    reporting: Reporting, name: str
) -> None:
    others = [a_lesson(), a_quota({}), an_opening(), a_count()]
    await announce(reporting, *(event.model_copy(update={"district_id": "elsewhere"}) for event in others))
    for role in ("analyst", "counselor"):
        asked = {"school_year": None} if name == "training" else {}
        assert (await view(reporting, name, role=role, **asked))["rows"] == []
