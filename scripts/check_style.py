"""Says where the house rules are broken: `python scripts/check_style.py [FILE ...]`, all of the repository by default.

The rules are in `style/rules.py`; one line per fault: file, line, rule, sentence.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:  # so that it runs as a file too
    sys.path.insert(0, str(ROOT))

from scripts.style.rules import RULES  # noqa: E402 - the line above makes it importable
from scripts.style.source import Source  # noqa: E402


def faults(sources: Iterable[Source]) -> Iterator[str]:
    """One line for each place where a rule is broken."""
    for source in sources:
        for rule in RULES:
            for line in rule.faults(source):
                yield f"{source.path}:{line}: {rule.name}: {rule.sentence}"


def sources(root: Path, names: Iterable[str]) -> Iterator[Source]:
    """The files that hold text; what was deleted, is a link or holds bytes is left out."""
    for name in names:
        path = root / name
        if path.is_file() and not path.is_symlink():
            try:
                yield Source(name, path.read_text(encoding="utf-8"))
            except UnicodeDecodeError:
                continue


def files_of(root: Path) -> list[str]:
    """What git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in listed.split("\0") if name})


def main(names: list[str], root: Path = ROOT) -> int:
    """Print every fault; 1 when there is one."""
    found = list(faults(sources(root, names or files_of(root))))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
