"""Why a plan cannot be held as it is written, with the path of each fault."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from climate_survey_api.administrations.plan import VALUES, PlanAdministration, faults_of_plan
from climate_survey_api.instruments.document import DocumentItem
from shared.cloudevents import to_message
from shared.events.facets import Disability, Facets, GradeBand, RaceEthnicity, Sex
from shared.events.surveys import RespondentGroup, SurveyClosed, SurveyFacet, UnitUsed
from shared.outbox import LARGEST_BYTES
from tests.climate_survey_api.administrations.holding import a_plan, at
from tests.climate_survey_api.suite import NOON


def an_item(item_id: str, groups: list[str], languages: list[str], scale: str = "agree4") -> DocumentItem:
    texts = {language: "Words." for language in languages}
    body = {"item_id": item_id, "dimension": "safety", "respondent_groups": groups, "scale": scale, "text": texts}
    return DocumentItem.model_validate(body)


ITEMS = [
    an_item("a", ["student", "staff"], ["en", "es"]),
    an_item("b", ["student"], ["en", "es", "fr"]),
    an_item("c", ["family"], ["en"]),
    an_item("d", ["officer", "student"], ["en"], scale="text"),
]


def read(**changes: Any) -> PlanAdministration:
    return PlanAdministration.model_validate(a_plan(**changes))


def a_school(**more: Any) -> dict[str, Any]:
    return {"school_id": "s-1", "invited": {"student": 10}} | more


def framed(people: dict[str, int], facet: str = "sex", group: str = "student") -> dict[str, Any]:
    return {"schools": [a_school(frame={group: {facet: people}})], "facets": ["sex", "english_learner"]}


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"closes_at": at(minutes=-1)}, ["closes_at"]),
        ({"closes_at": at(minutes=-2)}, ["closes_at"]),
        ({"opens_at": at(days=-3), "closes_at": at()}, ["closes_at"]),
        ({"opens_at": at(days=-3), "closes_at": at(seconds=1)}, []),
        ({"opens_at": at(), "closes_at": at(days=366)}, []),
        ({"opens_at": at(), "closes_at": at(days=366, seconds=1)}, ["closes_at"]),
        ({"opens_at": "9999-12-30T00:00:00Z", "closes_at": "9999-12-31T23:59:59Z"}, ["closes_at"]),
        ({"languages": ["en", "fr"]}, ["languages.1"]),
        ({"languages": ["es"]}, []),
        ({"languages": ["en", "en"]}, ["languages"]),
        ({"languages": ["en", "es"], "free_text": True}, ["languages.1"]),
        ({"languages": ["fr"], "schools": [a_school(invited={"family": 3})]}, ["languages.0"]),
        ({"schools": [a_school(), a_school()]}, ["schools.1.school_id"]),
        ({"schools": [a_school(invited={"student": 1, "officer": 1})]}, ["schools.0.invited.officer"]),
        ({"schools": [a_school(invited={"officer": 1})], "free_text": True, "languages": ["en"]}, []),
        ({"facets": ["sex", "sex"]}, ["facets"]),
        (framed({"female": 4, "male": 5, "unknown": 1}), []),
        (framed({"female": 6, "male": 5}), ["schools.0.frame.student.sex"]),
        (framed({"girls": 6}), ["schools.0.frame.student.sex"]),
        (framed({"true": 6, "false": 3, "unknown": 1}, "english_learner"), []),
        (framed({"True": 6}, "english_learner"), ["schools.0.frame.student.english_learner"]),
        (framed({"6_8": 6}, "grade_band"), ["schools.0.frame.student.grade_band"]),
        (framed({"female": 6}, group="family"), ["schools.0.frame.family"]),
    ],
)
def test_a_fault_is_told_by_its_path(changes: dict[str, Any], paths: list[str]) -> None:
    assert [fault.path for fault in faults_of_plan(read(**changes), ITEMS, now=NOON)] == paths


def test_a_frame_counts_what_students_are_counted_by_elsewhere() -> None:
    kinds: dict[SurveyFacet, Any] = {
        SurveyFacet.RACE_ETHNICITY: RaceEthnicity,
        SurveyFacet.SEX: Sex,
        SurveyFacet.DISABILITY: Disability,
        SurveyFacet.GRADE_BAND: GradeBand,
    }
    assert {facet: set(kind) for facet, kind in kinds.items()} == {facet: set(VALUES[facet]) for facet in kinds}
    assert {facet.value for facet in VALUES} == set(Facets.model_fields)
    assert all("unknown" in values for values in VALUES.values())


def test_the_same_plan_is_known_again_in_whatever_order_it_comes() -> None:
    sent = a_plan(schools=[a_school(), {"school_id": "s-0", "invited": {"staff": 2, "student": 1}}])
    turned = a_plan(schools=[{"invited": {"student": 1, "staff": 2}, "school_id": "s-0"}, a_school()])
    plan, other = PlanAdministration.model_validate(sent), PlanAdministration.model_validate(turned)
    assert plan.digest() == other.digest()
    assert plan.digest() == read(**turned, administration_id=str(uuid4()), facets=[]).digest()
    zoned = (NOON + timedelta(days=7)).isoformat().replace("17:00:00+00:00", "12:00:00-05:00")
    assert plan.digest() == read(**sent | {"closes_at": zoned}).digest()
    assert plan.digest() != read(**sent | {"name": "Spring"}).digest()
    assert plan.units() == other.units()


def test_whatever_can_be_planned_can_be_told_of_at_once() -> None:
    groups = dict.fromkeys(RespondentGroup, 1_000_000)

    def planned(length: int) -> PlanAdministration:
        schools = [{"school_id": f"{n:0{length}}", "invited": groups} for n in range(1000)]
        return read(schools=schools, languages=["en"], free_text=True)

    taken = [n for n in range(120, 126) if not faults_of_plan(planned(n), ITEMS, now=NOON)]
    assert taken == list(range(120, max(taken) + 1))
    units = tuple(
        UnitUsed(
            school_id=unit.school_id,
            respondent_group=unit.respondent_group,
            invited=unit.invited,
            generated=unit.invited,
            used=unit.invited,
        )
        for unit in planned(max(taken)).units()
    )
    closed = SurveyClosed(
        event_id=uuid4(),
        occurred_at=NOON,
        district_id="d" * 64,
        administration_id=uuid4(),
        school_year=2027,
        closed_on=NOON.date(),
        units=units,
    )
    assert len(units) == 4000
    assert to_message(closed, source="climate-survey-api").size_bytes <= LARGEST_BYTES
    assert [f.path for f in faults_of_plan(planned(max(taken) + 1), ITEMS, now=NOON)] == ["schools"]
