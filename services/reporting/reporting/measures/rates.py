"""Rates against enrolment, shares of a whole, and means."""


def per_100(n: int, enrolled: int | None) -> float | None:
    """How many per 100 enrolled students.

    Units: per 100 students; above 100 is possible where one student counts more than once. None where nobody is
    enrolled or enrolment is not known: a rate of nothing is no rate, and not 0.
    """
    return 100 * n / enrolled if enrolled else None


def share(part: int | None, rest: int | None) -> float | None:
    """How much of a whole one of its two sides is.

    Units: a share of 1, to four digits. None where there is no whole, or where either side is hidden (None): who knows
    the share and one side knows the other.
    """
    if part is None or rest is None or part + rest == 0:
        return None
    return round(part / (part + rest), 4)


def quotient(total: float | None, number: int | None) -> float | None:
    """What comes to one of a number: the share of a part, the mean of a sum.

    Not rounded. None where there is nothing to divide by, or where either is hidden or not known (None).
    """
    return total / number if total is not None and number else None
