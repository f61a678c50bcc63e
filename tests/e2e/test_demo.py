"""`make demo` as its user meets it: stopped in the middle, gone on with, asked again, and told another district.

It happens once, one thing after the other; each test then judges one of them.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.testing.suite import SuiteInTest, running_suite, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True)
class Ran:
    """How one run of the demo ended, and how many referrals had arrived by then without a gap."""

    status: int
    said: str
    complained: str
    arrived: int


@dataclass(frozen=True, slots=True)
class Story:
    """All runs, in the order in which they happened."""

    stopped: Sequence[Ran]
    left_behind: Sequence[str]
    """What the stopped ones left in the folder for temporary files."""
    gone_on: Ran
    asked_again: Ran
    another_seed: Ran
    another_size: Ran
    from_elsewhere: Ran


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Some minutes with one suite."""
    folder = tmp_path_factory.mktemp("demo")
    temporary, elsewhere = folder / "temporary", folder / "elsewhere"
    temporary.mkdir()
    elsewhere.mkdir()
    with running_suite(folder / "home") as suite:
        return Story(
            stopped=[stopped(suite, number, temporary) for number in (signal.SIGINT, signal.SIGTERM)],
            left_behind=[file.name for file in temporary.iterdir()],
            gone_on=run(suite),
            asked_again=run(suite),
            another_seed=run(suite, "--seed", "4"),
            another_size=run(suite, "--size", "large"),
            from_elsewhere=run_from(elsewhere, suite),
        )


def words(suite: SuiteInTest, *options: str) -> list[str]:
    """What `make demo` runs where a suite is up already."""
    start = [sys.executable, "-m", "scripts.suite", "--home", str(suite.home), "--base", str(suite.base)]
    return [*start, "--demo", *options]


def arrived(suite: SuiteInTest) -> int:
    """As the demo noted it last."""
    file = suite.home / "demo-truth.json"
    return int(json.loads(file.read_bytes())["arrived"]) if file.exists() else 0


def stopped(suite: SuiteInTest, number: signal.Signals, temporary: Path) -> Ran:
    """Begun, and stopped once more has arrived than before."""
    before, environment = arrived(suite), os.environ | {"TMPDIR": str(temporary)}
    pipe = subprocess.PIPE
    with subprocess.Popen(words(suite), stdout=pipe, stderr=pipe, env=environment, text=True) as loading:
        until(lambda: arrived(suite) > before, 90)
        loading.send_signal(number)
        said, complained = loading.communicate()
    return Ran(loading.returncode, said, complained, arrived(suite))


def run(suite: SuiteInTest, *options: str) -> Ran:
    """To its end."""
    ended = subprocess.run(words(suite, *options), capture_output=True, text=True, check=False)
    return Ran(ended.returncode, ended.stdout, ended.stderr, arrived(suite))


def run_from(home: Path, suite: SuiteInTest) -> Ran:
    """From a home that has the suite's keys, but in which no suite runs: as one on another machine looks from here."""
    (home / "keys").symlink_to(suite.home / "keys")
    (home / "demo-truth.json").write_bytes((suite.home / "demo-truth.json").read_bytes())
    demo = [sys.executable, "-m", "demo", "--home", str(home), "--base", str(suite.base)]
    ended = subprocess.run(demo, capture_output=True, text=True, check=False)
    return Ran(ended.returncode, ended.stdout, ended.stderr, arrived(suite))


def test_a_stopped_run_says_so_and_leaves_no_file_behind(story: Story) -> None:
    for one in story.stopped:
        assert one.status == 130
        assert one.complained.strip() == "Stopped. What has been sent stays; the same command goes on behind it."
    assert story.left_behind == []


def test_the_next_run_goes_on_where_the_last_one_was_stopped(story: Story) -> None:
    first, second = story.stopped
    assert 0 < first.arrived < second.arrived < story.gone_on.arrived
    assert f"going on behind {first.arrived:,} of {story.gone_on.arrived:,} referrals" in second.said
    assert f"going on behind {second.arrived:,} of {story.gone_on.arrived:,} referrals" in story.gone_on.said
    assert story.gone_on.status == 0, story.gone_on.said + story.gone_on.complained
    assert "MATCH: every count" in story.gone_on.said
    assert "MATCH: every standing" in story.gone_on.said
    assert "MATCH: what was planted in the surveys" in story.gone_on.said


def test_it_says_what_each_step_took_of_time_and_memory(story: Story) -> None:
    lines = story.gone_on.said.splitlines()
    head = next(line for line in lines if "demo MB" in line)
    programs = ["demo", "climate-survey-api", "referral-api", "reporting", "training-registry"]
    assert head.split("requests/s")[1].split() == [word for program in programs for word in (program, "MB")]
    sending = next(line for line in lines[lines.index(head) :] if line.startswith("  Referrals sent"))
    own, *services = (int(word) for word in sending.split()[-len(programs) :])
    assert 10 < own < 150
    assert all(20 < service < 400 for service in services)
    on_disk = next(line for line in lines if line.startswith("  On disk now:"))
    assert [word for word in on_disk.split() if ".db" in word] == [
        "bus.db",
        "climate_survey_api.db",
        "referral_api.db",
        "reporting.db",
        "training_registry.db",
    ]


def test_a_loaded_district_is_not_sent_again(story: Story) -> None:
    assert story.asked_again.status == 0
    assert "nothing is sent again" in story.asked_again.said
    assert "MATCH: every count" in story.asked_again.said
    assert "MATCH: what was planted in the surveys" in story.asked_again.said
    assert "/s/" in story.asked_again.said  # a code of the survey that is open, which nobody has used


def test_no_other_district_is_put_on_top_of_it(story: Story) -> None:
    for other in (story.another_seed, story.another_size):
        assert other.status == 2
        assert "seed 3, 12 schools, 8,000 students" in other.complained
        assert "make demo DISTRICT=" in other.complained


def test_of_a_suite_that_runs_elsewhere_nothing_is_told_but_what_it_answers(story: Story) -> None:
    told = story.from_elsewhere
    assert told.status == 0, told.complained
    assert "MATCH: every count" in told.said
    assert "the suite runs elsewhere" in told.said
    assert "demo MB" in told.said
    assert "referral-api MB" not in told.said
