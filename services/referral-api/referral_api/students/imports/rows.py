"""The rows of a CSV text, each with the line that it begins on, and never so much at once that it fills the memory."""

import csv
from collections.abc import Iterable, Iterator

from referral_api.students.imports.errors import RosterRefused

MOST_ROW_CHARACTERS = 1 << 20
"""Of one row, over all the lines that its quotes spread it over: no line is longer either."""
BATCH = 400
"""As many rows as the processor's own memory holds: with 2,000 at once each takes twice the time."""
MOST_BATCH_CHARACTERS = 1 << 22
_OF_A_CELL = 64
"""Characters that a cell counts as beside its own: an empty one takes memory too."""

Numbered = tuple[int, list[str]]
"""A row, after the line that it begins on; an empty line is a row without columns."""


def batches_of(text: Iterable[str], name: str) -> Iterator[list[Numbered]]:
    """All rows of the file `name`: its header alone first, so that it is judged before they are read.

    Raises: RosterRefused.
    """
    line, left, held = 1, MOST_ROW_CHARACTERS, 0
    batch: list[Numbered] = []

    def counted() -> Iterator[str]:
        nonlocal left
        for piece in text:
            left -= len(piece)
            if left < 0:
                raise RosterRefused(
                    f"{name}: the row that begins on line {line} has more than {MOST_ROW_CHARACTERS} characters;"
                    " is a quote missing?"
                )
            yield piece

    reader = csv.reader(counted(), strict=True)
    try:
        for row in reader:
            batch.append((line, row))
            held += MOST_ROW_CHARACTERS - left + _OF_A_CELL * len(row)
            if len(batch) == BATCH or held > MOST_BATCH_CHARACTERS or line == 1:
                yield batch
                batch, held = [], 0
            line, left = reader.line_num + 1, MOST_ROW_CHARACTERS
    except csv.Error:
        raise RosterRefused(
            f"{name}: the row that begins on line {line} cannot be read as CSV; is a quote missing?"
        ) from None
    if batch:
        yield batch
