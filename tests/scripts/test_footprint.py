"""What a suite takes is told of its own processes and files, and of nobody else's."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.suite.footprint import highest_resident, memory, room, room_on_disk, running_programs
from scripts.suite.layout import Layout
from shared.testing.suite import until

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux alone tells it")

MEGABYTE = 2**20
LONG = "import sys; sys.stdin.read()"
WITH_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {LONG!r}])"
SUPERVISOR = """
import shlex, subprocess, sys
programs = [subprocess.Popen(shlex.split(words)) for words in sys.argv[2:]]
print("up", flush=True)
sys.stdin.read()
"""


def layout_of(home: Path) -> Layout:
    return Layout(home, 8000, kafka=None, postgres=None)


@contextmanager
def supervised(layout: Layout, programs: dict[str, str]) -> Iterator[None]:
    """Real processes below one that was told to run them, as supervisord is."""
    commands = {name: shlex.join([sys.executable, "-c", code]) for name, code in programs.items()}
    text = "".join(f"[program:{name}]\ncommand={command.replace('%', '%%')}\n" for name, command in commands.items())
    layout.supervisor_configuration.write_text(f"[supervisord]\nnodaemon=true\n{text}", encoding="utf-8")
    stranger = shlex.join([sys.executable, "-c", f"{LONG} # runs below it too, and is none of the programs"])
    words = [sys.executable, "-c", SUPERVISOR, str(layout.supervisor_configuration), *commands.values(), stranger]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"up\n"
        layout.supervisor_pid.write_text(str(supervisor.pid), encoding="utf-8")
        yield
        supervisor.communicate()  # closes what all of them read from


def test_each_program_is_told_with_every_process_below_it(tmp_path: Path) -> None:
    layout = layout_of(tmp_path)
    with supervised(layout, {"alone": f"{LONG} # 100 %", "many": WITH_CHILD}):
        until(lambda: sum(len(program.processes) for program in running_programs(layout)) > 2, 20)
        found = {program.name: program.processes for program in running_programs(layout)}
        assert {name: len(processes) for name, processes in found.items()} == {"alone": 1, "many": 2}
        both, first = memory(found["many"]), memory(found["many"][:1])
        assert both is not None
        assert first is not None
        assert both > first > MEGABYTE
    assert running_programs(layout) == []


def test_a_home_without_a_suite_has_no_programs(tmp_path: Path) -> None:
    assert running_programs(layout_of(tmp_path)) == []


def test_a_stranger_with_the_number_of_a_supervisor_that_died_is_not_taken_for_it(tmp_path: Path) -> None:
    layout, died = layout_of(tmp_path), layout_of(tmp_path / "died")
    died.home.mkdir()
    with supervised(layout, {"alone": LONG}):
        for told in ("supervisor_pid", "supervisor_configuration"):
            shutil.copy(getattr(layout, told), getattr(died, told))
        assert len(running_programs(layout)) == 1
        assert running_programs(died) == []


def test_what_a_process_takes_is_its_own_now_and_its_mark_stays() -> None:
    me = os.getpid()
    before = memory((me,))
    taken = bytearray(os.urandom(1)) * (64 * MEGABYTE)
    during, mark = memory((me,)), highest_resident(me)
    del taken
    after = memory((me,))
    assert before is not None
    assert during is not None
    assert after is not None
    assert mark is not None
    assert during - before > 60 * MEGABYTE
    assert after < during - 60 * MEGABYTE
    assert mark >= during
    assert highest_resident(me) == pytest.approx(mark, abs=MEGABYTE)  # the system counts in batches


def test_of_a_process_that_is_gone_nothing_is_told() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert memory((gone.pid,)) is None
    assert highest_resident(gone.pid) is None


def test_the_room_on_disk_is_what_files_take_with_what_was_not_yet_written_back(tmp_path: Path) -> None:
    (tmp_path / "imports").mkdir()
    for name, size in {"bus.db": 1, "bus.db-wal": 2, "reporting.db": 3, "imports/a.zip": 4, "else.txt": 5}.items():
        (tmp_path / name).write_bytes(os.urandom(size * MEGABYTE))
    found = room_on_disk(layout_of(tmp_path))
    told = {name: found[name] / MEGABYTE for name in ("bus.db", "reporting.db", "imports")}
    assert told == pytest.approx({"bus.db": 3, "reporting.db": 3, "imports": 4}, abs=0.2)
    assert "else.txt" not in found


def test_holes_in_a_file_take_no_room(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(100 * MEGABYTE)
    assert room(tmp_path) < MEGABYTE
