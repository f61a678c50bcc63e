"""What the numbers of keys mean, where each key has a column of its own: schools, months, members of closed sets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reporting.codec import month_text
from reporting.views.rows import Row

Meaning = Callable[[int], str | None]
Member = TypeVar("Member", bound=str | None)


@dataclass(frozen=True, slots=True)
class Legend:
    """How the keys of an answer are told, and in which order its rows are read."""

    keys: Sequence[str]
    schools: Mapping[int, str]
    meanings: Mapping[str, Meaning]
    """Of the keys beside `school_id` and `month`."""

    def told(self, numbers: Sequence[int]) -> Row:
        """The keys as readers know them."""
        return {key: self._meaning(key, number) for key, number in zip(self.keys, numbers, strict=True)}

    def reading_order(self, numbers: Sequence[int]) -> list[tuple[bool, str | int]]:
        """Schools by their ids, months and closed sets in their own order; what is not told comes last."""
        # A school's number tells when it was first heard of, which means nothing to a reader.
        return [
            (not number, self.schools[number] if key == "school_id" else number)
            for key, number in zip(self.keys, numbers, strict=True)
        ]

    def _meaning(self, key: str, number: int) -> str | None:
        if key == "school_id":
            return self.schools[number]
        return month_text(number) if key == "month" else self.meanings[key](number)


def meaning_of(numbers: Mapping[Member, int]) -> Meaning:
    """What the numbers of a closed set stand for."""
    return {number: None if member is None else str(member) for member, number in numbers.items()}.__getitem__
