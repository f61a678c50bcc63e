"""The rows of a CSV file that people made: each bad one is told by the line it begins on, and takes no other along."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_ROW_CHARACTERS = 20_000
"""Of one row, over all the lines that its quotes spread it over."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row after the line that it begins on, which counts from 1."""

    line: int
    cells: Sequence[str] | None
    """None: it cannot be read."""


def rows_of(text: str) -> Iterator[Row]:
    """Every row that has a value in it, and those that cannot be read.

    After such a one the reading goes on with the line below it: a quote that is never closed would else take every
    row behind it along.
    """
    lines = list(io.StringIO(text, newline=""))
    begins = 0
    while begins < len(lines):
        # A reader for each row, because one that has failed cannot go on elsewhere.
        reader = csv.reader(_bounded(lines, begins), strict=True)
        try:
            cells = [cell.strip() for cell in next(reader)]
        except csv.Error:
            begins += 1
            yield Row(begins, None)
            continue
        if any(cells):
            yield Row(begins + 1, cells)
        begins += reader.line_num


def _bounded(lines: Sequence[str], begins: int) -> Iterator[str]:
    left = MOST_ROW_CHARACTERS
    for place in range(begins, len(lines)):
        left -= len(lines[place])
        if left < 0:
            raise csv.Error("too long")
        yield lines[place]
