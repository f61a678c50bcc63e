"""The plan of an administration as it is sent, and why it cannot be held as it is written."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any

import orjson
from pydantic import ConfigDict, Field

from climate_survey_api.administrations.rules import ConsentMode, Ppra, Unit
from climate_survey_api.instruments.document import DocumentItem
from climate_survey_api.instruments.rules import Scale
from climate_survey_api.texts import Language
from shared.errors import Fault
from shared.events.facets import Disability, GradeBand, RaceEthnicity, Sex
from shared.events.surveys import RespondentGroup, SurveyFacet, SurveyMode
from shared.http.bodies import ChosenId, Day, Id, Line, Moment, SourcedId, StrictBody
from shared.outbox import LARGEST_BYTES

LONGEST_WINDOW = timedelta(days=366)
FARTHEST_AHEAD = timedelta(days=5 * 366)
_BYTES_OF_A_UNIT = 120
"""What telling of a unit takes beside its school's id: its group and three counts."""
_ROOM = LARGEST_BYTES - 10_000
VALUES: Mapping[SurveyFacet, frozenset[str]] = MappingProxyType(
    {
        SurveyFacet.RACE_ETHNICITY: frozenset(RaceEthnicity),
        SurveyFacet.SEX: frozenset(Sex),
        SurveyFacet.DISABILITY: frozenset(Disability),
        SurveyFacet.ENGLISH_LEARNER: frozenset({"true", "false", "unknown"}),
        SurveyFacet.GRADE_BAND: frozenset(GradeBand),
    }
)
"""What respondents may say of themselves, and what a frame may count."""

Group = Annotated[RespondentGroup, Field(strict=False)]
Facet = Annotated[SurveyFacet, Field(strict=False)]
People = Annotated[int, Field(ge=0, le=1_000_000)]
EXAMPLE: dict[str, Any] = {
    "instrument_id": "rapport-climate",
    "version": 1,
    "name": "Climate survey, fall 2026",
    "opens_at": "2026-10-05T12:00:00Z",
    "closes_at": "2026-10-23T21:00:00Z",
    "mode": "anonymous",
    "languages": ["en", "es"],
    "facets": ["grade_band"],
    "free_text": False,
    "schools": [
        {
            "school_id": "s-1",
            "name": "Lincoln Middle School",
            "invited": {"student": 400, "family": 300, "staff": 40},
            "frame": {"student": {"grade_band": {"6_8": 250, "9_12": 150}}},
        }
    ],
    "ppra": {"notice_on": "2026-08-20", "consent": "opt_out", "required": False, "ed_funded": False},
}


class AskedSchool(StrictBody):
    """Who is asked at a school."""

    school_id: SourcedId
    name: Line | None = Field(
        None, description="What people call the school: who asks for an adult there chooses it by this."
    )
    invited: dict[Group, People] = Field(min_length=1, description="People invited, by group.")
    frame: dict[Group, dict[Facet, dict[str, People]]] = Field(
        {}, description="How many of those invited are of each value of a facet, where the district knows it."
    )

    def units(self) -> Iterator[Unit]:
        """Its groups, one by one."""
        for group, invited in self.invited.items():
            yield Unit(self.school_id, group, invited, self.frame.get(group, {}), self.name)


class PpraPart(StrictBody):
    """What was done under the Protection of Pupil Rights Amendment."""

    notice_on: Day = Field(description="The day on which parents were told.")
    consent: Annotated[ConsentMode, Field(strict=False)] = Field(description="What parents are given.")
    required: bool = Field(False, description="Whether students have to take part.")
    ed_funded: bool = Field(False, description="Whether the US Department of Education pays for the survey.")

    def ppra(self) -> Ppra:
        """The same, for the rules."""
        return Ppra(self.notice_on, self.consent, self.required, self.ed_funded)


class ChangePlan(StrictBody):
    """A survey's plan, as it is to be: all of it."""

    instrument_id: ChosenId
    version: int = Field(ge=1, le=2**31 - 1, description="Of the instrument.")
    name: Line
    opens_at: Moment = Field(description="Then it opens by itself, unless something forbids it.")
    closes_at: Moment = Field(description="Then it closes by itself. At most 366 days after it opens.")
    mode: Annotated[SurveyMode, Field(strict=False)] = Field(description="What respondents are promised.")
    languages: list[Language] = Field(min_length=1, max_length=30, description="Offered in this order.")
    schools: list[AskedSchool] = Field(min_length=1, max_length=1000)
    ppra: PpraPart | None = Field(None, description="To be said where students are asked protected items.")
    facets: list[Facet] = Field([], max_length=len(SurveyFacet), description="What respondents may say of themselves.")
    free_text: bool = Field(False, description="Whether items that are answered in one's own words are asked.")

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def units(self) -> list[Unit]:
        """Everybody who is asked, by school and group."""
        found = [unit for school in self.schools for unit in school.units()]
        return sorted(found, key=lambda unit: (unit.school_id, unit.respondent_group))

    def asked_of(self, items: Iterable[DocumentItem], *groups: RespondentGroup) -> list[DocumentItem]:
        """The items that somebody of these groups, or of any, is asked under this plan, in their order."""
        invited = {group for school in self.schools for group in school.invited}
        asked = invited.intersection(groups) if groups else invited
        return [item for item in self.in_forms(items) if not asked.isdisjoint(item.respondent_groups)]

    def in_forms(self, items: Iterable[DocumentItem]) -> list[DocumentItem]:
        """The items that stand in some group's form, whether or not this group is invited."""
        return [item for item in items if self.free_text or item.scale is not Scale.TEXT]

    def digest(self) -> bytes:
        """A SHA-256 that is the same for the same plan, in whatever order its schools were sent."""
        told = self.model_dump(mode="json", exclude={"administration_id"})
        told["schools"].sort(key=lambda school: school["school_id"])
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest()


class PlanAdministration(ChangePlan):
    """A survey is to be held."""

    administration_id: Id | None = Field(None, description="Chosen by the caller, so that a repeat is known as one.")


def faults_of_plan(plan: ChangePlan, items: Sequence[DocumentItem], *, now: datetime) -> list[Fault]:
    """Why this plan cannot be held with an instrument of these items; none: it can."""
    return [*_of_the_window(plan, now), *_of_the_schools(plan), *_of_the_items(plan, items), *_of_what_is_named(plan)]


def _of_the_window(plan: ChangePlan, now: datetime) -> Iterator[Fault]:
    if plan.closes_at <= plan.opens_at:
        yield Fault("closes_at", "must lie after opens_at")
    elif plan.closes_at <= now:
        yield Fault("closes_at", "is past")
    elif plan.closes_at - plan.opens_at > LONGEST_WINDOW:
        yield Fault("closes_at", f"must lie at most {LONGEST_WINDOW.days} days after opens_at")
    elif plan.closes_at - now > FARTHEST_AHEAD:
        yield Fault("closes_at", "lies more than five years ahead")


def _of_the_schools(plan: ChangePlan) -> Iterator[Fault]:
    seen: set[str] = set()
    size_bytes = 0
    for place, school in enumerate(plan.schools):
        if school.school_id in seen:
            yield Fault(f"schools.{place}.school_id", "names another entry as well")
        seen.add(school.school_id)
        size_bytes += len(school.invited) * (len(orjson.dumps(school.school_id)) + _BYTES_OF_A_UNIT)
        yield from _of_the_frame(plan, school, f"schools.{place}.frame")
    if size_bytes > _ROOM:
        yield Fault("schools", "are more than can be told of at once: plan two surveys")


def _of_the_frame(plan: ChangePlan, school: AskedSchool, path: str) -> Iterator[Fault]:
    for group, by_facet in school.frame.items():
        if group not in school.invited:
            yield Fault(f"{path}.{group}", "is of a group that is not invited")
            continue
        for facet, people in by_facet.items():
            where = f"{path}.{group}.{facet}"
            if facet not in plan.facets:
                yield Fault(where, "is of a facet that is not asked")
            if not people.keys() <= VALUES[facet]:
                yield Fault(where, f"may count {', '.join(sorted(VALUES[facet]))}")
            if sum(people.values()) > school.invited[group]:
                yield Fault(where, "counts more people than are invited")


def _of_the_items(plan: ChangePlan, items: Sequence[DocumentItem]) -> Iterator[Fault]:
    asks = {group for item in plan.in_forms(items) for group in item.respondent_groups}
    for place, school in enumerate(plan.schools):
        for group in school.invited:
            if group not in asks:
                yield Fault(f"schools.{place}.invited.{group}", "is a group that the instrument asks nothing of")
    asked = plan.asked_of(items)
    for place, language in enumerate(plan.languages):
        if any(language not in item.text for item in asked):
            yield Fault(f"languages.{place}", "is one in which an item that is asked has no text")


def _of_what_is_named(plan: ChangePlan) -> Iterator[Fault]:
    for name, values in (("languages", plan.languages), ("facets", plan.facets)):
        if len(set(values)) < len(values):
            yield Fault(name, "name one twice")
