"""What is kept of a survey once it is counted: rows of sums that may be shown, and rows that hold nothing."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from shared.events.surveys import AnswerSums, RespondentGroup, SurveyFacet

_FAST = 1
"""More effort saves little more."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """What was answered in a dimension or to an item; all numbers are None where it is suppressed."""

    value: str | None
    dimension: str
    item_id: str | None
    sums: AnswerSums | None
    schools: int
    """Schools in the figures."""
    invited: int | None
    """People invited at these schools, of whatever value."""
    respondents: int | None
    """People who answered anything at these schools, of whatever value."""
    frame: int | None
    """How many of those invited are of the value; None where a school does not say."""
    of_items: int
    """How many items its figures are of."""
    is_one_scale: bool = True
    """Whether its items share their points."""

    @property
    def population(self) -> int | None:
        """How many there were to answer: those invited, or those of the value among them; None: not known."""
        return self.invited if self.value is None else self.frame

    @property
    def is_scored(self) -> bool:
        """Whether its answers have a favourable side; points begin at 1, so such answers have a mean."""
        return self.sums is not None and self.sums.means > 0

    @property
    def has_points(self) -> bool:
        """Whether its answers are on one scale, so that there is a mean to speak of."""
        return self.is_scored and self.is_one_scale


@dataclass(frozen=True, slots=True)
class ValueRow:
    """How many respondents are of a value of the sheet's facet, beside how many of those invited are."""

    value: str
    n: int | None
    """None: suppressed."""
    respondents: int | None
    """Of whatever value."""
    frame: int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What may be shown of a group at a school, or in the district: whole, or by the values of one facet."""

    school_id: str | None
    respondent_group: RespondentGroup
    facet: SurveyFacet | None
    dimensions: Sequence[SheetRow]
    items: Sequence[SheetRow]
    respondents: Sequence[ValueRow] = ()


def packed(rows: Sequence[SheetRow] | Sequence[ValueRow]) -> bytes:
    """Rows as one column's bytes: JSON, which says the same names over and over, so packed."""
    return zlib.compress(orjson.dumps(rows, default=AnswerSums.model_dump), _FAST)


def unpacked(rows: bytes) -> list[SheetRow]:
    """The rows that `packed` packed."""
    return [SheetRow(**row | {"sums": _sums(row["sums"])}) for row in _loaded(rows)]


def unpacked_values(rows: bytes) -> list[ValueRow]:
    """The values that `packed` packed."""
    return [ValueRow(**row) for row in _loaded(rows)]


def _loaded(rows: bytes) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = orjson.loads(zlib.decompress(rows))
    return loaded


def _sums(kept: dict[str, Any] | None) -> AnswerSums | None:
    """Not validated again: they were when they were kept, and a large district has thousands of them."""
    return None if kept is None else AnswerSums.model_construct(**kept | {"histogram": tuple(kept["histogram"])})
