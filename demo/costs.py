"""What a run took, step by step: time, how much of it a second, and the memory and disk of every program."""

from collections.abc import Iterable, Mapping, Sequence

from demo.progress import Step
from demo.tables import print_table
from demo.watching import OWN, Watch


def print_costs(steps: Sequence[Step], watch: Watch) -> None:
    """Each step with the most memory that every program took in it, and what lies on disk now."""
    if not steps:
        return
    programs = _programs(steps)
    lines = [
        (
            step.title,
            f"{step.done:,} {step.unit}",
            f"{step.seconds:.1f}",
            _a_second(step.done, step),
            _a_second(step.requests, step),
            *(_megabytes(step.memory.get(program)) for program in programs),
        )
        for step in steps
    ]
    head = ("step", "did", "seconds", "a second", "requests/s", *(f"{program} MB" for program in programs))
    print_table("What each step took", head, lines)
    if OWN not in programs:
        print("  (this system does not tell how much memory a process has)")
        return
    print("  (memory: each program's own and its share of what several have mapped, the most of two looks a second)")
    if watch.sees_suite():
        print(f"  Mapped at most, ever:   {_in_words(watch.highest())}")
        print(f"  On disk now:            {_in_words(watch.on_disk())}")
    else:
        print("  (the suite runs elsewhere: its memory and its disk are not seen from here)")
    if passing := max(step.passing for step in steps):
        print(f"  On disk meanwhile:      the roster as a file {_megabytes(passing)} MB")


def _programs(steps: Iterable[Step]) -> list[str]:
    """Every program that was seen, in the order in which they turned up."""
    return list(dict.fromkeys(program for step in steps for program in step.memory))


def _a_second(n: int, step: Step) -> str:
    return f"{n / step.seconds:,.0f}" if n and step.seconds else ""


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:,.0f}"


def _in_words(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {_megabytes(size)} MB" for name, size in sizes.items())
