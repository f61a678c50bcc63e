"""A page that is a walk through a terminal: its commands, and below each what it prints."""

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", flags=re.MULTILINE | re.DOTALL)
_ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Step:
    """One block of commands, and what they are said to print."""

    line: int
    commands: str
    printed: str

    def explains(self, output: str) -> bool:
        """Whether this is what was printed. `…` stands for anything within a line, alone on its line for any lines."""
        wanted = "".join(_pattern(line) for line in self.printed.splitlines())
        told = "".join(f"{line.rstrip()}\n" for line in output.splitlines() if line.strip())
        return re.fullmatch(wanted, told) is not None


def _pattern(line: str) -> str:
    if line == _ANYTHING:
        return "(?:.*\n)*?"
    return ".*?".join(re.escape(part) for part in line.split(_ANYTHING)) + "\n"


def steps_of(page: str) -> list[Step]:
    """Every block of commands (`sh`), with the block that follows it, if any, as what it prints."""
    blocks = list(_BLOCK.finditer(page))
    steps = []
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block["kind"] == "sh":
            is_printed = following is not None and not page[block.end() : following.start()].strip()
            printed = following["text"] if following is not None and is_printed and following["kind"] != "sh" else ""
            steps.append(Step(page[: block.start()].count("\n") + 1, block["text"], printed))
    return steps
