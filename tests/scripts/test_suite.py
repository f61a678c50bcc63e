"""`make up` as its user meets it: ready, private, healed after a death, and gone as a whole."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from shared.testing.suite import SuiteInTest, running_suite, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


class OneAfterAnother:
    """Suites on one folder: each begins with the data that the one before it left, however that one ended."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: SuiteInTest | None = None
        self._ending = ExitStack()

    def running(self) -> SuiteInTest:
        """The suite that runs; another when a test ended the last."""
        if self._running is None:
            self._running = self._ending.enter_context(running_suite(self._home))
        return self._running

    def end(self) -> None:
        """Stop it, if no test has."""
        self._running = None
        self._ending.close()


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneAfterAnother]:
    one_after_another = OneAfterAnother(tmp_path_factory.mktemp("suite") / "home")
    yield one_after_another
    one_after_another.end()


@pytest.fixture
def suite(suites: OneAfterAnother) -> SuiteInTest:
    """A suite that survives its tests."""
    return suites.running()


@pytest.fixture
def doomed_suite(suites: OneAfterAnother) -> Iterator[SuiteInTest]:
    """A suite that its test ends."""
    yield suites.running()
    suites.end()


def test_a_suite_says_ready_once_with_a_line_for_each_url(suite: SuiteInTest) -> None:
    lines = suite.said.splitlines()

    assert lines.count("ready") == 1
    announced = lines[lines.index("ready") + 1 :][:4]
    assert [line.split() for line in announced] == [
        ["referral-api", suite.url("referral-api")],
        ["climate-survey-api", suite.url("climate-survey-api")],
        ["training-registry", suite.url("training-registry")],
        ["reporting", suite.url("reporting")],
    ]
    assert all(suite.answers(name) for name in ("referral-api", "climate-survey-api", "training-registry", "reporting"))


def test_keys_data_and_logs_are_their_owner_s_alone(suite: SuiteInTest) -> None:
    private = [
        *(suite.home / "keys").iterdir(),
        *(suite.home / "logs").glob("*-api.log"),
        *suite.home.glob("*.db"),
        suite.home / "supervisord.conf",
    ]

    names = {file.name for file in private}
    assert names >= {"token-signing.json", "field-keys-referral_api.json", "referral_api.db", "bus.db"}
    assert {oct(file.stat().st_mode & 0o777) for file in private} == {"0o600"}
    assert oct((suite.home / "keys").stat().st_mode & 0o777) == "0o700"


def test_services_listen_on_this_machine_only_and_the_supervisor_nowhere(suite: SuiteInTest) -> None:
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in suite.processes()
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {("127.0.0.1", suite.base + offset) for offset in (1, 2, 3, 4)}


def test_a_service_that_is_killed_is_started_again_and_the_terminal_says_so(suite: SuiteInTest) -> None:
    killed = suite.process_of("reporting")

    killed.kill()

    until(lambda: "reporting ended (terminated by SIGKILL) and is started again" in suite.said, 20)
    until(lambda: suite.answers("reporting"), 60)
    assert suite.process_of("reporting").pid != killed.pid


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_every_process(doomed_suite: SuiteInTest, number: signal.Signals) -> None:
    processes = doomed_suite.processes()

    doomed_suite.interrupt(number)

    until(lambda: all(_is_gone(process) for process in processes), 10)


def test_the_death_of_the_supervisor_is_the_end_of_every_process(doomed_suite: SuiteInTest) -> None:
    processes = doomed_suite.processes()

    doomed_suite.supervisor.kill()

    until(lambda: all(_is_gone(process) for process in processes), 20)


def test_a_second_suite_is_refused_on_the_same_folder_and_on_the_same_ports(suite: SuiteInTest, tmp_path: Path) -> None:
    def start(home: Path, base: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scripts.suite", "--home", str(home), "--base", str(base)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    same_folder = start(suite.home, suite.base + 10)
    same_ports = start(tmp_path / "other", suite.base)

    assert same_folder.returncode == same_ports.returncode == 1
    assert "HOME_DIR" in same_folder.stderr
    assert f"{suite.base + 1} (referral-api)" in same_ports.stderr
    assert suite.answers("referral-api")


def test_a_token_of_make_opens_the_suite_and_is_all_that_is_printed(suite: SuiteInTest) -> None:
    words = ["make", "-s", "token", "ROLE=counselor", "SUB=c-1", "DISTRICT=demo", f"HOME_DIR={suite.home}"]

    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    request = urllib.request.Request(
        f"{suite.url('referral-api')}/v1/schools", headers={"Authorization": f"Bearer {printed.strip()}"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    assert printed.count("\n") == 1


def test_a_verb_takes_options_and_works_on_the_engines_of_its_suite_alone(suite: SuiteInTest) -> None:
    of_no_letter = _verb(suite.home, "reporting", "dlq", "replay", "--topic", "referrals", "--offset", "0")
    elsewhere = _verb(suite.home, "reporting", "dlq", "list", options=["--postgres", "postgresql://nobody@nowhere"])

    assert (of_no_letter.returncode, of_no_letter.stdout) == (0, "0 replayed\n")
    assert elsewhere.returncode == 1
    assert "was last started with no POSTGRES" in elsewhere.stderr
    assert oct((suite.home / "suite.json").stat().st_mode & 0o777) == "0o600"


def test_where_no_suite_was_ever_started_a_verb_makes_nothing(tmp_path: Path) -> None:
    asked = _verb(tmp_path / "mistyped", "reporting", "dlq", "list")

    assert asked.returncode == 1
    assert "no suite was ever started on" in asked.stderr
    assert not (tmp_path / "mistyped").exists()


def test_a_suite_that_was_stopped_can_be_started_again_at_once(doomed_suite: SuiteInTest) -> None:
    stopped = _suite(["--home", str(doomed_suite.home), "--down"])
    migrated = _suite(["--home", str(doomed_suite.home), "--migrate"])

    assert (stopped.returncode, stopped.stderr) == (0, "")
    assert (migrated.returncode, migrated.stderr) == (0, "")


def _verb(home: Path, *words: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    return _suite(["--home", str(home), *options, "--run", *words])


def _suite(options: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.suite", *options], capture_output=True, text=True, check=False
    )


@pytest.mark.kafka
@pytest.mark.postgresql
def test_the_suite_brings_its_own_kafka_and_postgresql_and_takes_them_along(tmp_path: Path) -> None:
    with running_suite(tmp_path / "home", ["--kafka", "local", "--postgres", "local"]) as suite:
        processes = suite.processes()
        names = {process.name() for process in processes}
        suite.interrupt()

    assert {"java", "postgres"} <= names
    until(lambda: all(_is_gone(process) for process in processes), 20)


def _is_gone(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)  # whoever adopts it has not looked yet
    except psutil.NoSuchProcess:
        return True
