"""What an administration is: its terms, its units, where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from shared.events.surveys import RespondentGroup, SurveyFacet, SurveyMode


class Status(StrEnum):
    """Where an administration stands; it never goes back."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class ConsentMode(StrEnum):
    """What parents have to be given before students are asked, from the weakest to the strongest."""

    NONE = "none"
    OPT_OUT = "opt_out"
    """Notice, and a way out."""
    OPT_IN = "opt_in"
    """Written consent beforehand."""


_BY_STRENGTH = tuple(ConsentMode)


def stronger(one: ConsentMode, other: ConsentMode) -> ConsentMode:
    """The one that gives parents more."""
    return max(one, other, key=_BY_STRENGTH.index)


@dataclass(frozen=True, slots=True)
class Ppra:
    """What was done under the Protection of Pupil Rights Amendment."""

    notice_on: date
    consent: ConsentMode
    is_required: bool = False
    """Whether students have to take part."""
    is_ed_funded: bool = False
    """Whether the US Department of Education pays for the survey."""


class ParentalChoice(StrEnum):
    """What a student's parents decided about one survey."""

    OPTED_OUT = "opted_out"
    CONSENTED = "consented"


@dataclass(frozen=True, slots=True)
class Unit:
    """The people of one group at one school: the smallest whole that codes are made for and results are told of."""

    school_id: str
    respondent_group: RespondentGroup
    invited: int
    frame: Mapping[SurveyFacet, Mapping[str, int]] = field(default_factory=dict)
    """How many of those invited are of each value of a facet, where the district says so."""
    school_name: str | None = None
    """What people call the school."""


@dataclass(frozen=True, slots=True)
class Administration:
    """One instrument put to some people in one window."""

    district_id: str
    administration_id: UUID
    instrument_id: str
    version: int
    name: str
    opens_at: datetime
    closes_at: datetime
    mode: SurveyMode
    languages: tuple[str, ...]
    facets: tuple[SurveyFacet, ...]
    free_text: bool
    ppra: Ppra | None
    units: tuple[Unit, ...]
    status: Status
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    counted_at: datetime | None = None
    """When its results were there; null: not closed, or being counted."""
    consent_mode: ConsentMode = ConsentMode.NONE
    """What parents have to be given before students are asked these items."""
    has_codes: bool = False
    """Whether access codes were ever made: what is asked then stays as it is."""
    revision: int = 1
    """Grows with every change."""

    @property
    def consent_kept(self) -> ConsentMode:
        """What parents are given: what is needed, or more where the district promised more."""
        return stronger(self.consent_mode, self.ppra.consent if self.ppra else ConsentMode.NONE)

    def takes_answers(self, now: datetime) -> bool:
        """Whether answers are taken: it is open, and its window too, whether or not anybody has closed it yet."""
        return self.status is Status.OPEN and now < self.closes_at

    def school_names(self) -> Mapping[str, str]:
        """What people call its schools, by id; those of which nobody said are absent."""
        return {unit.school_id: unit.school_name for unit in self.units if unit.school_name is not None}

    def unit(self, school_id: str, respondent_group: RespondentGroup) -> Unit | None:
        """Its unit of that school and group, if these people are asked."""
        for unit in self.units:
            if (unit.school_id, unit.respondent_group) == (school_id, respondent_group):
                return unit
        return None
