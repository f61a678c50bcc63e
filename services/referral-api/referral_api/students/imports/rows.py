"""The rows of a CSV text, each with the line that it begins on, and none so long that it would fill the memory."""

import csv
from collections.abc import Iterable, Iterator

from referral_api.students.imports.errors import RosterRefused

MOST_ROW_CHARACTERS = 1 << 20
"""Of one row, over all the lines that its quotes spread it over: no line is longer either."""


def rows_of(text: Iterable[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """Each row of the file `name` with its line, the header's being 1; an empty line is a row without columns.

    Raises: RosterRefused.
    """
    line, left = 1, MOST_ROW_CHARACTERS

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
            yield line, row
            line, left = reader.line_num + 1, MOST_ROW_CHARACTERS
    except csv.Error:
        raise RosterRefused(
            f"{name}: the row that begins on line {line} cannot be read as CSV; is a quote missing?"
        ) from None
