"""Facts on the topic `training`: who may serve where and open records, and what officers do. By training-registry.

What time alone changes needs no fact of its own: a standing and an agreement say for every day, past and to come, what
holds on it as far as is known now, and a reader that keeps them shuts the door on the day without being told. None
carries an officer's name.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.base import Event, Instant
from shared.events.facets import GradeBand


class StandingStatus(StrEnum):
    """How an officer stands to a requirement on a day."""

    CURRENT = "current"
    DUE = "due"
    OVERDUE = "overdue"
    EXEMPT = "exempt"
    EXPIRED = "expired"


BLOCKING = frozenset({StandingStatus.OVERDUE, StandingStatus.EXPIRED})
"""What keeps an officer from that which the requirement blocks."""


class Blocks(StrEnum):
    """What a requirement that is not met keeps an officer from."""

    SERVE = "serve"
    OPEN_RECORDS = "open_records"


class AgreementStatus(StrEnum):
    """How an agreement stands on a day."""

    DRAFT = "draft"
    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    TERMINATED = "terminated"


class AgreementDate(StrEnum):
    """A day of an agreement that people are reminded of."""

    TERM = "term"
    REVIEW = "review"


class TriadRole(StrEnum):
    """The three parts of an SRO's work, which count the same."""

    EDUCATOR = "educator"
    MENTOR = "mentor"
    LAW_ENFORCEMENT = "law_enforcement"


class ActivityKind(StrEnum):
    """What an officer did."""

    LESSON = "lesson"
    MENTORING = "mentoring"
    CONFERENCE = "conference"
    EVENT = "event"
    PATROL = "patrol"
    INVESTIGATION = "investigation"
    DRILL = "drill"
    OTHER = "other"


class DrillType(StrEnum):
    """The five actions of the Standard Response Protocol."""

    HOLD = "hold"
    SECURE = "secure"
    LOCKDOWN = "lockdown"
    EVACUATE = "evacuate"
    SHELTER = "shelter"


class _Part(BaseModel):
    """A part of an event: frozen, and read leniently, as events are."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class AssignmentTerm(_Part):
    """An officer is assigned to a school from a day to a day."""

    school_id: str = Field(description="OneRoster sourcedId of the school.")
    from_on: date = Field(description="First day.")
    to_on: date | None = Field(default=None, description="Last day; null: no end is known.")


class StandingStep(_Part):
    """From this day on, until the next step, a requirement stands so."""

    from_on: date = Field(description="First day with this status.")
    status: StandingStatus = Field(description="current, due, overdue, exempt or expired.")


class RequirementStanding(_Part):
    """How an officer stands to one requirement on every day from his first on, as far as is known now."""

    requirement_id: str = Field(description="The district's id of the requirement.")
    blocks: tuple[Blocks, ...] = Field(description="What it keeps him from while it is overdue or expired.")
    steps: tuple[StandingStep, ...] = Field(
        description="In the order of their days, at least one; before the first day its status holds too."
    )


class OfficerStandingChanged(Event):
    """What is known of an officer's training or assignments changed, and with it how he stands on some day.

    Readers keep the one with the highest version and ask it about any day. Access to records asks it today.
    """

    name: ClassVar[str] = "officer.standing_changed.v1"
    topic: ClassVar[str] = "training"

    officer_id: str = Field(description="The officer; `sub` of his tokens.")
    version: int = Field(description="Grows with every change of this officer's standing.")
    agency_id: UUID = Field(description="The agency that employs him; an agreement has to be with it.")
    assignments: tuple[AssignmentTerm, ...] = Field(description="The schools he is, was or will be assigned to.")
    requirements: tuple[RequirementStanding, ...] = Field(description="Every requirement that binds him, by id.")

    @property
    def key(self) -> str:
        """Standings of one officer stay in order."""
        return f"{self.district_id}/{self.officer_id}"


class AgreementChanged(Event):
    """An agreement with an agency was written, signed, changed or ended.

    Readers keep the one with the highest version. It is in force on the days from `in_force_from` to `in_force_to`.
    """

    name: ClassVar[str] = "agreement.changed.v1"
    topic: ClassVar[str] = "training"

    agreement_id: str = Field(description="The agreement.")
    version: int = Field(description="Grows with every change.")
    agency_id: UUID = Field(description="The party beside the district.")
    school_ids: tuple[str, ...] = Field(description="The schools it is for.")
    in_force_from: date | None = Field(
        description="The first day on which it is signed by both and its term runs; null: never, as it stands."
    )
    in_force_to: date | None = Field(description="The last such day; null where `in_force_from` is.")
    opens_records: bool = Field(
        description="Whether it opens records: it keeps officers out of discipline and has a FERPA basis."
    )

    @property
    def key(self) -> str:
        """Versions of one agreement stay in order."""
        return f"{self.district_id}/{self.agreement_id}"


class StandingTurned(Event):
    """The day has come on which time alone changed how an officer stands to a requirement. Announced once.

    Nothing has to be done to a standing that is kept: it said so before. It is for those who tell people.
    """

    name: ClassVar[str] = "officer.standing_turned.v1"
    topic: ClassVar[str] = "training"

    officer_id: str = Field(description="The officer.")
    requirement_id: str = Field(description="The requirement.")
    status: StandingStatus = Field(description="How he stands from that day on.")
    turned_on: date = Field(description="The day, local to the registry.")

    @property
    def key(self) -> str:
        """Behind the officer's standings."""
        return f"{self.district_id}/{self.officer_id}"


class DeadlineApproached(Event):
    """An officer has 90, 60, 30 or 7 days left for a requirement. Announced once for each."""

    name: ClassVar[str] = "officer.deadline_approached.v1"
    topic: ClassVar[str] = "training"

    officer_id: str = Field(description="The officer.")
    requirement_id: str = Field(description="The requirement.")
    deadline_on: date = Field(description="The last day on which it is met, or may still be met in time.")
    days_ahead: int = Field(description="90, 60, 30 or 7: which reminder this is.")

    @property
    def key(self) -> str:
        """Behind the officer's standings."""
        return f"{self.district_id}/{self.officer_id}"


class AgreementTurned(Event):
    """The day has come on which time alone changed an agreement's status. Announced once."""

    name: ClassVar[str] = "agreement.turned.v1"
    topic: ClassVar[str] = "training"

    agreement_id: str = Field(description="The agreement.")
    status: AgreementStatus = Field(description="Its status from that day on.")
    turned_on: date = Field(description="The day, local to the registry.")

    @property
    def key(self) -> str:
        """Behind the agreement's versions."""
        return f"{self.district_id}/{self.agreement_id}"


class AgreementEndApproached(Event):
    """An agreement has 90, 60, 30 or 7 days left, or its review is as near. Announced once for each."""

    name: ClassVar[str] = "agreement.end_approached.v1"
    topic: ClassVar[str] = "training"

    agreement_id: str = Field(description="The agreement.")
    ends: AgreementDate = Field(description="What comes near.")
    on: date = Field(description="The last day of the term, or the day of the review.")
    days_ahead: int = Field(description="90, 60, 30 or 7: which reminder this is.")

    @property
    def key(self) -> str:
        """Behind the agreement's versions."""
        return f"{self.district_id}/{self.agreement_id}"


class CredentialIssued(Event):
    """A credential was signed for a completion that counts."""

    name: ClassVar[str] = "credential.issued.v1"
    topic: ClassVar[str] = "training"

    credential_id: UUID = Field(description="The credential.")
    completion_id: UUID = Field(description="What it certifies.")
    officer_id: str = Field(description="Whose it is.")
    valid_from_on: date = Field(description="The day of the completion.")
    valid_to_on: date | None = Field(description="Its last day; null: it has none of its own.")

    @property
    def key(self) -> str:
        """Behind the officer's standings."""
        return f"{self.district_id}/{self.officer_id}"


class CredentialRevoked(Event):
    """A credential no longer holds: its completion was revoked or corrected."""

    name: ClassVar[str] = "credential.revoked.v1"
    topic: ClassVar[str] = "training"

    credential_id: UUID = Field(description="The credential.")
    completion_id: UUID = Field(description="What it certified.")
    officer_id: str = Field(description="Whose it was.")

    @property
    def key(self) -> str:
        """Behind the officer's standings."""
        return f"{self.district_id}/{self.officer_id}"


class ActivityEvent(Event):
    """What every fact about an entry of the triad ledger carries; not announced itself."""

    topic: ClassVar[str] = "training"

    activity_id: UUID = Field(description="The entry.")
    officer_id: str = Field(description="Who did it.")
    school_id: str = Field(description="OneRoster sourcedId of the school it was done for.")
    role: TriadRole = Field(description="educator, mentor or law_enforcement.")
    kind: ActivityKind = Field(description="What it was.")
    started_at: Instant = Field(description="When it began.")
    started_on: date = Field(description="The day it counts under, local to the registry.")
    minutes: int = Field(description="How long it took.")
    students_reached: int = Field(description="How many students took part; one who came twice is counted twice.")
    grade_band: GradeBand | None = Field(default=None, description="Of a lesson: the grades taught; null: not told.")

    @property
    def key(self) -> str:
        """Facts about one entry stay in order."""
        return str(self.activity_id)


class ActivityLogged(ActivityEvent):
    """An officer noted what he did. It counts from now on under the day it was done."""

    name: ClassVar[str] = "activity.logged.v1"


class ActivityTakenBack(ActivityEvent):
    """The entry should never have been made; it counts no more."""

    name: ClassVar[str] = "activity.taken_back.v1"


class DrillHeld(Event):
    """A school held a safety drill."""

    name: ClassVar[str] = "drill.held.v1"
    topic: ClassVar[str] = "training"

    drill_id: UUID = Field(description="The drill.")
    school_id: str = Field(description="OneRoster sourcedId of the school.")
    type: DrillType = Field(description="The action of the Standard Response Protocol that was drilled.")
    held_at: Instant = Field(description="When.")
    held_on: date = Field(description="The day it counts under, local to the registry.")
    announced: bool = Field(description="Whether staff and students knew that it was a drill.")
    notice_in_time: bool | None = Field(
        description="Whether parents were told within the week before; null: nothing says when."
    )
    trauma_informed: bool | None = Field(
        description="Whether every point of the checklist was kept; null: the checklist was not filled in."
    )

    @property
    def key(self) -> str:
        """Facts about one drill stay in order."""
        return str(self.drill_id)


class QuotaRow(_Part):
    """So many drills of a type, or of any, within part of a school year."""

    quota_id: str = Field(description="Names the row within the district.")
    type: DrillType | None = Field(description="Only this type counts; null: any does.")
    least: int = Field(description="So many at least.")
    from_month: int | None = Field(default=None, description="Month (1…12) in which drills begin to count; null: any.")
    to_month: int | None = Field(default=None, description="Month (1…12) after which they count no more; null: any.")


class DrillQuotaSet(Event):
    """A district said how many drills each of its schools is to hold in a school year."""

    name: ClassVar[str] = "drill.quota_set.v1"
    topic: ClassVar[str] = "training"

    version: int = Field(description="Grows with every change; the highest holds.")
    rows: tuple[QuotaRow, ...] = Field(description="All that is asked for; empty: nothing.")

    @property
    def key(self) -> str:
        """A district's quotas stay in order."""
        return self.district_id
