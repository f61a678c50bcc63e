"""What is counted of a group's answers, and where in a row of counters it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from climate_survey_api.instruments.rules import Item, Scale
from shared.events.surveys import RespondentGroup

RESPONDENTS = 0
"""The counter of ballots, whatever was answered in them."""


@dataclass(frozen=True, slots=True)
class CountedItem:
    """An item whose answers are counted, and the first of its counters: one for each point, from the lowest."""

    item_id: str
    highest: int
    reverse: bool
    is_scored: bool
    at: int

    def point(self, answer: int) -> int:
        """An answer turned so that higher is better."""
        return self.highest + 1 - answer if self.reverse else answer

    @property
    def least_favorable(self) -> int:
        """The lowest favourable point: the upper half is."""
        return self.highest // 2 + 1


@dataclass(frozen=True, slots=True)
class Block:
    """Items whose sums add up to those of a row of their dimension; or one item by itself.

    Counters of a block of m items that has such a row, from `at`: respondents by how many of its items they answered
    (m), their totals (m), the squares of these (m), the squares of their favourable answers, these times their
    answers; of those who answered all: per item the sum (m) and the sum of squares (m).
    """

    dimension: str
    items: tuple[CountedItem, ...]
    is_scale: bool
    """Whether the dimension has a row of its own."""
    at: int

    @property
    def size(self) -> int:
        """How many counters it has beside its items'."""
        return 5 * len(self.items) + 2 if self.is_scale else 0

    @property
    def points(self) -> int:
        """Points of the scale that all its items share; 0 where they do not, and points cannot be compared."""
        highest = {item.highest for item in self.items}
        return highest.pop() if len(highest) == 1 else 0


@dataclass(frozen=True, slots=True)
class Layout:
    """All that is counted of one group: a row of `size` counters for whomever it is counted of."""

    blocks: tuple[Block, ...]
    size: int


def layout_of(items: Sequence[Item], group: RespondentGroup) -> Layout:
    """What is counted of a group that is asked these items.

    The scored items of a dimension that are `scaled` make one block; any other item is a block by itself, because its
    answers add up to nothing. Words are not counted. Blocks stand in the order in which their first items are asked.
    """
    gathered: dict[tuple[str, str | None], list[Item]] = {}
    for item in items:
        if group in item.groups and item.scale is not Scale.TEXT:
            alone = None if item.is_scored and item.scaled else item.item_id
            gathered.setdefault((item.dimension, alone), []).append(item)
    blocks, at = [], RESPONDENTS + 1
    for (dimension, alone), members in gathered.items():
        counted = []
        for item in members:
            counted.append(CountedItem(item.item_id, item.highest, item.reverse, item.is_scored, at))
            at += item.highest
        block = Block(dimension, tuple(counted), alone is None, at)
        blocks.append(block)
        at += block.size
    return Layout(tuple(blocks), at)
