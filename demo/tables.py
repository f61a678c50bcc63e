"""How figures are set on the terminal."""

from collections.abc import Iterable, Sequence


def print_table(title: str, head: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """A titled table, the first column flush left and the others flush right."""
    rows = [head, *lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    print(f"\n{title}")
    for row in rows:
        cells = [
            f"{row[0]:<{widths[0]}}",
            *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        print(f"  {'  '.join(cells).rstrip()}")
