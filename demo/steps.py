"""The steps of a run, each with its progress: make the roster, import it, send the referrals, wait, compare."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from demo import summary
from demo.client import Client
from demo.district import District, Student
from demo.lives import Life, days_of_school_year, lives
from demo.loading import Sent, has_arrived, import_roster, send_lives
from demo.oneroster import write_roster
from demo.progress import Progress
from demo.reading import compare, funnel, wait_for_views
from demo.truth import BREAKDOWNS, Truth, earlier_run


async def load(
    client: Client, district: District, progress: Progress, truth_file: Path, *, today: date, at_once: int
) -> Truth:
    """Load the district, unless an earlier run has; the truth about it.

    It is written down before the first request, so that an interrupted run is resumed with the very same ones, and in
    full afterwards. Raises: OtherDistrictLoaded, Refused, Unreachable.
    """
    earlier = earlier_run(truth_file, district)
    if earlier is not None and earlier.sent_all and (recalled := await _recall(client, district, earlier.as_of)):
        print("Loaded before, and still there: nothing is sent again.", flush=True)
        return recalled
    truth = Truth(district, as_of=earlier.as_of if earlier is not None else today)
    with TemporaryDirectory(prefix="demo-") as folder:
        roster = Path(folder) / "roster.zip"
        rows = _make_roster(roster, truth, progress)
        truth.write(truth_file, sent_all=False)
        had_roster = await _import(client, roster, rows, truth, progress)
    sent, there = await _send(client, truth, progress, at_once=at_once)
    truth.write(truth_file, sent_all=True)
    if had_roster or there:
        roster_too = "the roster and " if had_roster else ""
        print(f"Begun before: {roster_too}{there:,} of {sent:,} referrals were there, and none came in twice.")
    return truth


async def _recall(client: Client, district: District, as_of: date) -> Truth | None:
    """The truth about a district that has been loaded; None when its last referral is not there any more."""
    truth, last = Truth(district, as_of), None
    for student in district.everybody():
        truth.enroll(student)
    for life in _everything(truth):
        truth.add(life)
        last = life if life.stages else last
    return truth if last is not None and await has_arrived(client, last) else None


async def check(client: Client, truth: Truth, progress: Progress) -> bool:
    """Wait for reporting and print what it says beside the truth; whether every count is exactly what was sent."""
    submitted = truth.sent_by("").get((None, "submitted"), 0)
    with progress.step("Reporting caught up", submitted, "referrals") as step:
        lag = await wait_for_views(client, truth, looked=step.advance_to)
    with progress.step("Compared", len(BREAKDOWNS), "views") as step:
        found = await compare(client, truth, looked=step.advance)
    summary.print_stages(truth, await funnel(client, truth.school_year))
    summary.print_groups(truth, await funnel(client, truth.school_year, "race_ethnicity"))
    summary.print_schools(truth, await funnel(client, truth.school_year, "school_id"))
    return summary.print_verdict(found, lag)


def _make_roster(roster: Path, truth: Truth, progress: Progress) -> int:
    with progress.step("Roster made", truth.district.size.students, "students") as step:

        def wrote(student: Student) -> None:
            truth.enroll(student)
            step.advance()

        return write_roster(roster, truth.district, school_year=truth.school_year, wrote=wrote)


async def _import(client: Client, roster: Path, rows: int, truth: Truth, progress: Progress) -> bool:
    """Whether the roster was there."""
    key = f"demo-roster-{truth.district.seed}-{truth.as_of}"
    with progress.step("Roster imported", rows, "rows") as step:
        return (await import_roster(client, roster, key=key, looked=step.advance_to)).was_there


async def _send(client: Client, truth: Truth, progress: Progress, *, at_once: int) -> tuple[int, int]:
    """How many referrals were sent, and how many of them were there."""
    there = 0
    with progress.step("Referrals sent", sum(1 for _ in _everything(truth)), "referrals") as step:

        def sent(one: Sent) -> None:
            nonlocal there
            there += one.was_there
            truth.add(one.life)
            step.advance()

        await send_lives(client, _everything(truth), at_once=at_once, sent=sent)
    return step.done, there


def _everything(truth: Truth) -> Iterator[Life]:
    days = days_of_school_year(truth.as_of)
    return chain.from_iterable(lives(truth.district, school, days) for school in truth.district.schools)
