"""A batch of events summed up: what is to be written once, however many events asked for it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from reporting.codec import LONGEST_ID, STAGES, TIMING_BITS, Unstorable
from reporting.projections import referrals, roster, surveys, training
from reporting.projections.changes import OfTraining, Place, Register, Sighting, Slot, Tally, Timing
from reporting.projections.survey_registers import FoldedSurveys
from reporting.projections.training_sums import FoldedTraining
from shared.events.base import Event

PROJECTIONS = {**referrals.PROJECTIONS, **roster.PROJECTIONS, **training.PROJECTIONS, **surveys.PROJECTIONS}

STAGE_BITS = 21
MOST_EVENTS = 1 << STAGE_BITS - 1
"""Fewer events can be folded together: each adds at most one to a stage, and a stage has so many bits, and a sign."""

_STEP = {stage: 1 << STAGE_BITS * index for index, stage in enumerate(STAGES)}

Counts = int
"""What is to be added to each stage, all stages in one integer: adding two of them adds stage by stage."""

REFERRED = 1 << STAGE_BITS
"""One referral more of a student, above the bits that say how many of them are open."""


@dataclass(slots=True)
class Folded:
    """The sum of a batch, by school."""

    tallies: "defaultdict[Place, dict[Slot, Counts]]" = field(default_factory=lambda: defaultdict(dict))
    timings: "defaultdict[Place, dict[int, int]]" = field(default_factory=lambda: defaultdict(dict))
    """Per slot, with the timing in the bits below it, how many contact clocks ended so."""
    sightings: "defaultdict[Place, dict[tuple[Slot, int], Counts]]" = field(default_factory=lambda: defaultdict(dict))
    """Per slot with its day and student how often he was referred, and how many of these referrals are open."""
    versions: dict[tuple[Place, int], int] = field(default_factory=dict)
    """Per school and school year the latest version of its enrolment."""
    counted: dict[tuple[str, int], int] = field(default_factory=dict)
    """Per district and school year how many counts of its schools' enrolment there were."""
    students: dict[tuple[Place, int, int], tuple[int, int]] = field(default_factory=dict)
    """Per school, school year and cell the latest version that names the cell, and its number of students."""
    training: FoldedTraining = field(default_factory=FoldedTraining)
    surveys: FoldedSurveys = field(default_factory=FoldedSurveys)

    def places(self) -> set[Place]:
        """Every school that something is written for."""
        counted = {*self.tallies, *self.timings, *self.sightings, *(place for place, _ in self.versions)}
        counted.update(self.training.places(), self.surveys.places())
        return counted

    def districts(self) -> set[str]:
        """Every district that something of these two topics is written for as a whole."""
        return self.training.districts() | self.surveys.districts()


def fold(events: Iterable[Event]) -> Folded:
    """What these events change together, in whatever order they come. Raises: Unstorable for a poisoned event."""
    folded = Folded()
    tallies, timings, sightings = folded.tallies, folded.timings, folded.sightings
    projections, steps = PROJECTIONS, _STEP
    count = 0
    for count, event in enumerate(events, 1):  # noqa: B007  # the last one is how many there were
        for change in projections[event.__class__](event):
            # The frequent kinds are added here and not in methods of theirs: a call each would cost a fifth more.
            if isinstance(change, Tally):
                place, slot, stage, n = change
                slots = tallies[place]
                slots[slot] = slots.get(slot, 0) + n * steps[stage]
            elif isinstance(change, Sighting):
                place, slot, student, n, still_open = change
                students = sightings[place]
                students[slot, student] = students.get((slot, student), 0) + n * REFERRED + still_open
            elif isinstance(change, Timing):
                place, slot, timing, n = change
                ended, slot = timings[place], slot << TIMING_BITS | timing
                ended[slot] = ended.get(slot, 0) + n
            elif isinstance(change, Register):
                _register(folded, change)
            elif isinstance(change, OfTraining):
                folded.training.add(change)
            else:
                folded.surveys.add(change)
    if count >= MOST_EVENTS:
        raise ValueError(f"fewer than {MOST_EVENTS} events fit into one sum")
    for ids in (*folded.places(), *((district_id,) for district_id in folded.districts())):
        _ensure_storable(*ids)
    return folded


def _register(folded: Folded, change: Register) -> None:
    place, school_year, version, students = change
    if version > folded.versions.get((place, school_year), -1):
        folded.versions[place, school_year] = version
    district = place[0], school_year
    folded.counted[district] = folded.counted.get(district, 0) + 1
    for cell, n in students.items():
        known = folded.students.get((place, school_year, cell))
        if known is None or version > known[0]:
            folded.students[place, school_year, cell] = version, n


def _ensure_storable(*ids: str) -> None:
    if not all(ids):
        raise Unstorable("an empty id")  # it stands for the whole district
    if any("\0" in one for one in ids):
        raise Unstorable("an id with a NUL character")  # PostgreSQL's text has none
    if any(len(one) > LONGEST_ID for one in ids):
        raise Unstorable("an id that no index can hold")
