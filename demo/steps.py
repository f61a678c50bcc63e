"""The steps of a run, each with its progress: make the roster, import it, send what there is, wait, compare."""

import time
from collections.abc import Iterator
from datetime import date
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from demo import summary
from demo.arrivals import Arrivals
from demo.client import Client
from demo.district import District
from demo.lives import Life, days_of_school_year, lives
from demo.loading import Sent, import_roster, is_there, send_lives
from demo.oneroster import rows_of, write_roster
from demo.progress import Progress
from demo.reading import COMPARED_VIEWS, compare, contact_times, funnel, wait_for_views
from demo.surveys.sending import are_surveys_there
from demo.surveys.steps import check_surveys, load_surveys
from demo.training.sending import are_officers_there
from demo.training.steps import check_training, load_training
from demo.truth import Truth, earlier_run

_WRITE_DOWN_EVERY_SECONDS = 5.0


async def load(
    client: Client, district: District, progress: Progress, truth_file: Path, *, today: date, at_once: int
) -> Truth:
    """Load the district, or what an earlier run left of it; the truth about it.

    It is written down before the first request and as the sending goes on, so that a run which was stopped, however,
    is resumed with the very same requests. Raises: OtherDistrictLoaded, Refused, Unreachable.
    """
    earlier = earlier_run(truth_file, district)
    truth = Truth(district, as_of=earlier.as_of if earlier is not None else today)
    arrivals = earlier.arrivals if earlier is not None else Arrivals()
    if arrivals.last is not None and await is_there(client, arrivals.last):
        _say_where_it_goes_on(arrivals)
        had_roster, left = True, _draw_again(truth, arrivals.count, progress)
    else:
        arrivals, left = Arrivals(), _everything(truth)
        with TemporaryDirectory(prefix="demo-") as folder:
            roster = Path(folder) / "roster.zip"
            progress.watch_folder(Path(folder))
            _make_roster(roster, truth, progress)
            truth.write(truth_file, arrivals)
            had_roster = await _import(client, roster, truth, progress)
        arrivals.total = _count(truth, progress)
    there = arrivals.count
    if not arrivals.are_all:
        there += await _send(client, left, truth, arrivals, truth_file, progress, at_once=at_once)
        if had_roster or there:  # its key may be forgotten, and the roster imported anew
            print(f"Begun before: {there:,} of {arrivals.count:,} referrals were there, and none came in twice.")
    if not (arrivals.officers and await are_officers_there(client, truth.training)):
        await load_training(client, truth.training, progress, at_once=at_once)
        arrivals.officers = True
        truth.write(truth_file, arrivals)
    if not (arrivals.surveys and await are_surveys_there(client, truth.surveys)):
        await load_surveys(client, truth.surveys, progress)
        arrivals.surveys = True
        truth.write(truth_file, arrivals)
    return truth


async def check(client: Client, truth: Truth, progress: Progress, *, at_once: int) -> bool:
    """Wait for reporting and print what it says beside the truth; whether every count is exactly what was sent."""
    submitted = truth.sent_by("").get((None, "submitted"), 0)
    with progress.step("Reporting caught up", submitted, "referrals") as step:
        lag = await wait_for_views(client, truth, looked=step.advance_to)
    with progress.step("Compared", COMPARED_VIEWS, "views") as step:
        found = await compare(client, truth, looked=step.advance)
    summary.print_stages(truth, await funnel(client, truth.school_year))
    summary.print_groups(truth, await funnel(client, truth.school_year, "race_ethnicity"))
    summary.print_contact_times(truth, await contact_times(client, truth.school_year))
    summary.print_schools(truth, await funnel(client, truth.school_year, "school_id"))
    has_all_referrals = summary.print_verdict(found, lag)
    has_all_training = await check_training(client, truth.training, progress, at_once=at_once)
    has_all_surveys = await check_surveys(client, truth.surveys, truth.school_year, progress)
    return has_all_referrals and has_all_training and has_all_surveys


def _say_where_it_goes_on(arrivals: Arrivals) -> None:
    parts = {"officers": arrivals.officers, "surveys": arrivals.surveys}
    missing = [part for part, is_there in parts.items() if not is_there]
    if arrivals.are_all and not missing:
        print("Loaded before, and still there: nothing is sent again.", flush=True)
    elif arrivals.are_all:
        print(f"Loaded before: only what belongs to the {' and the '.join(missing)} is sent.", flush=True)
    else:
        print(f"Begun before: going on behind {arrivals.count:,} of {arrivals.total:,} referrals.", flush=True)


def _draw_again(truth: Truth, arrived: int, progress: Progress) -> Iterator[Life]:
    """Take the students, and the first so many referrals, into the truth; the referrals that are left."""
    with progress.step("Students drawn", truth.district.size.students, "students") as step:
        for student in truth.district.everybody():
            truth.enroll(student)
            step.advance()
    everything = _everything(truth)
    with progress.step("Referrals drawn", arrived, "referrals") as step:
        for life in islice(everything, arrived):
            truth.add(life)
            step.advance()
    return everything


def _make_roster(roster: Path, truth: Truth, progress: Progress) -> None:
    with progress.step("Roster made", truth.district.size.students, "students") as step:
        for student in write_roster(roster, truth.district, school_year=truth.school_year):
            truth.enroll(student)
            step.advance()


async def _import(client: Client, roster: Path, truth: Truth, progress: Progress) -> bool:
    """Whether the roster was there."""
    key = f"demo-roster-{truth.district.seed}-{truth.as_of}"
    with progress.step("Roster imported", rows_of(truth.district), "rows") as step:
        return await import_roster(client, roster, key=key, looked=step.advance_to)


def _count(truth: Truth, progress: Progress) -> int:
    """How many referrals the district has: drawing them twice is quicker than it would be not to see the end."""
    with progress.step("Referrals drawn", round(truth.expects_referrals), "referrals") as step:
        for _ in _everything(truth):
            step.advance()
    return step.done


async def _send(
    client: Client,
    left: Iterator[Life],
    truth: Truth,
    arrivals: Arrivals,
    truth_file: Path,
    progress: Progress,
    *,
    at_once: int,
) -> int:
    """Send what has not arrived; how many of them were there nevertheless."""
    assert arrivals.total is not None
    there, written_at = 0, time.monotonic()
    with progress.step("Referrals sent", arrivals.total - arrivals.count, "referrals") as step:

        def sent(one: Sent) -> None:
            nonlocal there, written_at
            there += one.was_there
            truth.add(one.life)
            arrivals.add(one.number, one.life)
            step.advance()
            if time.monotonic() - written_at > _WRITE_DOWN_EVERY_SECONDS:
                truth.write(truth_file, arrivals)
                written_at = time.monotonic()

        try:
            await send_lives(client, enumerate(left, arrivals.count), at_once=at_once, sent=sent)
        finally:
            truth.write(truth_file, arrivals)
    return there


def _everything(truth: Truth) -> Iterator[Life]:
    days = days_of_school_year(truth.as_of)
    return chain.from_iterable(lives(truth.district, school, days) for school in truth.district.schools)
