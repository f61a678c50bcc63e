"""What reporting says beside what is true: counts that must be equal, ratios that must lie near. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

_Z_95 = 1.959964
"""The standard normal distribution's two-sided 95 % point."""

Cells = Mapping[tuple[str | bool | None, str], int]
"""Counts by the value of a key and by stage; what is absent is zero."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that is not what was sent."""

    key: str
    value: str | bool | None
    stage: str
    sent: int
    shown: int | None


def shown_by(key: str, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str | bool | None, str], int | None]:
    """The counts of a view's rows, by the value of a key and by stage; None where one is suppressed."""
    return {(row[key] if key else None, row["stage"]): row["n"] for row in rows}


def differences(key: str, sent: Cells, rows: Iterable[Mapping[str, Any]]) -> list[Difference]:
    """Every count of a view that is not exactly what was sent."""
    shown = shown_by(key, rows)
    everywhere = sorted(sent.keys() | shown.keys(), key=str)
    return [
        Difference(key, value, stage, sent.get((value, stage), 0), shown.get((value, stage), 0))
        for value, stage in everywhere
        if sent.get((value, stage), 0) != shown.get((value, stage), 0)
    ]


@dataclass(frozen=True, slots=True)
class RiskRatio:
    """How many times as often a group has something than another, with its 95 % interval."""

    ratio: float
    low: float
    high: float


def risk_ratio(having: int, of: int, others_having: int, of_others: int) -> RiskRatio | None:
    """The ratio with Katz's interval on the logarithm; None where nobody of either group has it.

    Source: Katz et al. 1978; SE(ln RR) = sqrt(1/a - 1/n + 1/b - 1/m).
    """
    if not having or not others_having:
        return None
    ratio = having / of / (others_having / of_others)
    error = _Z_95 * sqrt(1 / having - 1 / of + 1 / others_having - 1 / of_others)
    return RiskRatio(ratio, exp(log(ratio) - error), exp(log(ratio) + error))
