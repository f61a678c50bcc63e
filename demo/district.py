"""Who is in the synthetic district: schools, and students drawn from the planted mix. Pure, the same for a seed.

Each school has its own random numbers, so that any school can be drawn again without the others: that is how half a
million students pass through a few megabytes of memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import TypeVar

from demo import names, rates

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a district is; `reference_rate` is how often a student is referred for whom every ratio is one."""

    schools: int
    students: int
    reference_rate: float
    schools_per_officer: int = 1
    """One: every school has an officer; two: every second school does."""
    surveyed_schools: int = 0
    """So many, from the first on, take part in the climate surveys; at least three, or none."""


SIZES: Mapping[str, Size] = {
    "small": Size(schools=12, students=8_000, reference_rate=0.14, surveyed_schools=6),
    # As large as the largest districts of the country. The small one's rate would make three and a half times as many
    # referrals, each of several requests; as it is there are enough of each group to show the same.
    "large": Size(schools=1_000, students=500_000, reference_rate=0.04, schools_per_officer=2, surveyed_schools=24),
}


@dataclass(frozen=True, slots=True)
class Level:
    """A kind of school: its grades, and how many students it has beside the others."""

    name: str
    grades: tuple[str, ...]
    weight: int


_ELEMENTARY = Level("Elementary School", ("KG", "01", "02", "03", "04", "05"), 9)
_MIDDLE = Level("Middle School", ("06", "07", "08"), 15)
_HIGH = Level("High School", ("09", "10", "11", "12"), 26)
_LEVELS = (
    *(_ELEMENTARY, _ELEMENTARY, _MIDDLE, _ELEMENTARY, _HIGH, _ELEMENTARY),
    *(_MIDDLE, _ELEMENTARY, _MIDDLE, _ELEMENTARY, _ELEMENTARY, _HIGH),
)
_BANDS = {"KG": "pk_2", "01": "pk_2", "02": "pk_2", "03": "3_5", "04": "3_5", "05": "3_5", "06": "6_8", "07": "6_8"}
_BANDS |= {"08": "6_8", "09": "9_12", "10": "9_12", "11": "9_12", "12": "9_12"}
_SAMENESS = 12.0
"""How alike the schools' mixes are: the larger, the closer each is to the district's."""


@dataclass(frozen=True, slots=True)
class School:
    """One school; its students are numbered from `first_student` on."""

    school_id: str
    name: str
    level: Level
    first_student: int
    students: int


@dataclass(frozen=True, slots=True)
class Student:
    """A student as the roster tells of him, already in the words of the API's closed sets."""

    student_id: str
    school_id: str
    given_name: str
    family_name: str
    grade: str
    race_ethnicity: str
    sex: str
    disability: str
    english_learner: bool | None

    @property
    def grade_band(self) -> str:
        """The band that the grade lies in."""
        return _BANDS[self.grade]

    @property
    def groups(self) -> dict[str, str]:
        """The groups that decide how often he is referred."""
        return {
            "race_ethnicity": self.race_ethnicity,
            "sex": self.sex,
            "disability": self.disability,
            "grade_band": self.grade_band,
        }


@dataclass(frozen=True)
class District:
    """A synthetic district: everything in it follows from its id, its size and the seed."""

    district_id: str
    size: Size
    seed: int

    @cached_property
    def schools(self) -> Sequence[School]:
        """Its schools, elementary, middle and high in a fixed pattern."""
        levels = [_LEVELS[number % len(_LEVELS)] for number in range(self.size.schools)]
        ends = [0, *accumulate(level.weight for level in levels)]
        bounds = [self.size.students * end // ends[-1] for end in ends]
        return [
            School(
                f"s-{i + 1}", _school_name(i, level), level, first_student=bounds[i], students=bounds[i + 1] - bounds[i]
            )
            for i, level in enumerate(levels)
        ]

    def random(self, what: str, school: School) -> Random:
        """The random numbers for one purpose at one school, the same ones each time they are asked for."""
        return Random(f"{self.seed}/{what}/{school.school_id}")

    def students(self, school: School) -> Iterator[Student]:
        """The students of a school, in the order of their ids."""
        random = self.random("students", school)
        # A draw from a Dirichlet distribution around the district's mix.
        mix = {group: random.gammavariate(_SAMENESS * share, 1.0) for group, share in rates.RACE_ETHNICITY.items()}
        for number in range(school.first_student, school.first_student + school.students):
            yield Student(
                student_id=f"st-{number + 1:06}",
                school_id=school.school_id,
                given_name=random.choice(names.GIVEN_NAMES),
                family_name=random.choice(names.FAMILY_NAMES),
                grade=random.choice(school.level.grades),
                race_ethnicity=draw(random, mix),
                sex=draw(random, rates.SEX),
                disability=draw(random, rates.DISABILITY),
                english_learner=draw(random, rates.ENGLISH_LEARNER),
            )

    def everybody(self) -> Iterator[Student]:
        """The students of all schools."""
        for school in self.schools:
            yield from self.students(school)

    def referral_rate(self, student: Student) -> float:
        """The planted chance that a referral of this student counts in the funnel."""
        return rates.referral_rate(self.size.reference_rate, **student.groups)


def draw(random: Random, mix: Mapping[T, float]) -> T:
    """One of a mix, each as often as its share says."""
    left = random.random() * sum(mix.values())
    for value, share in mix.items():
        left -= share
        if left < 0:
            return value
    return value


def _school_name(number: int, level: Level) -> str:
    place, round_ = names.PLACES[number % len(names.PLACES)], number // len(names.PLACES)
    return f"{place} {level.name}" + (f" {round_ + 1}" if round_ else "")
