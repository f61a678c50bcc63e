"""Rates against enrolment."""


def per_100(n: int, enrolled: int | None) -> float | None:
    """How many per 100 enrolled students.

    Units: per 100 students; above 100 is possible where one student counts more than once. None where nobody is
    enrolled or enrolment is not known: a rate of nothing is no rate, and not 0.
    """
    return 100 * n / enrolled if enrolled else None
