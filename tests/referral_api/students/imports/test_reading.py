"""Where a row begins, whatever its fields hold, and files that are refused for their columns or quotes."""

import csv
import io
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referral_api.students.imports.checking import Layout, Refused
from referral_api.students.imports.errors import Interrupted, RosterRefused
from referral_api.students.imports.files import ORGS, USERS
from referral_api.students.imports.manifest import Mode
from referral_api.students.imports.reading import Progress, read_file
from referral_api.students.imports.rows import BATCH, batches_of
from referral_api.students.imports.scratch import add_file, add_refusals

HEADER = "sourcedId,name,type"
LATEST = "2026-11-23T14:00:00.000000+00:00"


def read(text: str, *, mode: Mode = Mode.BULK, progress: Progress | None = None) -> sqlite3.Connection:
    """An orgs file, read."""
    scratch = sqlite3.connect(":memory:")
    add_refusals(scratch)
    add_file(scratch, ORGS)
    read_file(scratch, ORGS, mode, io.StringIO(text, newline=""), progress or Progress(), LATEST)
    return scratch


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=9)


@settings(deadline=None)
@given(st.lists(st.tuples(names, st.booleans()), max_size=20), st.sampled_from(["\n", "\r\n"]))
def test_a_fault_is_named_by_the_line_that_its_row_begins_on(rows: list[tuple[str, bool]], end: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER.split(","))
    lines: dict[bool, list[int]] = {True: [], False: []}
    for number, (name, is_good) in enumerate(rows):
        lines[is_good].append(len(io.StringIO(out.getvalue(), newline="").readlines()) + 1)
        writer.writerow([f"o-{number}", name, "school" if is_good else "castle"])
    scratch = read(out.getvalue())
    assert [line for (line,) in scratch.execute("SELECT line FROM errors ORDER BY line")] == lines[False]
    kept = scratch.execute("SELECT line, name FROM file_orgs ORDER BY line").fetchall()
    assert kept == list(zip(lines[True], [name for name, is_good in rows if is_good], strict=True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty: it lacks the columns sourcedId, name, type"),
        ("sourcedId;name;type\r\n1;2;3\r\n", "not be separated by commas: it lacks the columns"),
        ("SOURCEDID,NAME,TYPE\r\n1,2,3\r\n", "writes the columns sourcedId, name, type with other capitals"),
        (f"{HEADER},Identifier\r\n", "writes the columns identifier with other capitals"),
        (f"{HEADER}\r\no-1,a,school\r\n" + '"two\n",' * 200_000, "begins on line 3 has more than 1048576 char"),
        ("a,b,c\r\n1,2,3\r\n", "lacks the columns sourcedId, name, type"),
        (f"{HEADER},name\r\n", "a column twice"),
        ('sourcedId;name;type\r\n"1";"2";"3"\r\n', "not be separated by commas"),  # no CSV, but that is not the reason
        (f'{HEADER}\r\no-1,"never closed,school\r\no-2,b,school\r\n', "begins on line 2 cannot be read as CSV"),
        (f'{HEADER}\r\no-1,"closed" early,school\r\n', "begins on line 2 cannot be read as CSV"),
    ],
)
def test_a_file_with_the_wrong_columns_or_quotes_is_refused_as_a_whole(text: str, said: str) -> None:
    with pytest.raises(RosterRefused, match=said):
        read(text)


def test_a_delta_file_needs_the_columns_that_say_what_changed() -> None:
    with pytest.raises(RosterRefused, match="status, dateLastModified"):
        read(f"{HEADER}\r\n", mode=Mode.DELTA)


def test_a_row_of_another_length_is_refused_and_an_empty_line_is_none() -> None:
    progress = Progress()
    scratch = read(f"{HEADER}\r\no-1,a\r\n\r\no-2,b,school,x\r\no-3,c,school\r\n", progress=progress)
    found = scratch.execute("SELECT line, field, problem FROM errors").fetchall()
    assert found == [(2, "", "has 2 columns, the header has 3"), (4, "", "has 4 columns, the header has 3")]
    assert progress.rows_read == 3


@pytest.mark.parametrize("sourced_id", ["o\n1", "\r\no-1x", "o\t1", "o\x7f1", "o\x851"])
def test_an_id_that_nobody_could_ask_for_is_refused(sourced_id: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER.split(","), ["o-0", "a", "school"], [sourced_id, "a", "school"]])
    said = read(out.getvalue()).execute("SELECT line, field FROM errors").fetchall()
    assert said == [(3, "sourcedId")]
    assert read(out.getvalue().replace(sourced_id, "o/1 % é\u200b日")).execute("SELECT * FROM errors").fetchall() == []


def test_of_a_deletion_that_is_refused_only_what_a_deletion_needs_is_named() -> None:
    header = f"{HEADER},status,dateLastModified"
    scratch = read(f"{header}\r\n o-1,,,tobedeleted,2026-11-20T06:00:00Z\r\n,,,tobedeleted,\r\n", mode=Mode.DELTA)
    assert scratch.execute("SELECT line, field, problem FROM errors").fetchall() == [
        (2, "sourcedId", "has spaces around it"),
        (3, "dateLastModified", "is missing"),
        (3, "sourcedId", "is missing"),
    ]


def test_a_good_code_excuses_no_other_fault() -> None:
    row = "o-{},{},school"
    text = "\r\n".join([HEADER, row.format(1, "a"), row.format(2, ""), row.format(3, "x" * 1001), row.format("", "d")])
    scratch = read(text)
    assert scratch.execute("SELECT line, field FROM errors").fetchall() == [(3, "name"), (4, "name")]


GOOD = ("o-1", "a", "school", "active", "2026-11-20T06:00:00Z")
OTHERWISE = (
    *((0, value) for value in ("", " o-1", "o\t1", "o 1", "x" * 256, "\0")),
    *((1, value) for value in ("", "b" * 900, "b" * 1001, "\0")),
    *((2, value) for value in ("", "castle", "district")),
    *((3, value) for value in ("", "tobedeleted", "gone")),
    *((4, value) for value in ("", "never", "2027-11-20T06:00:00Z")),
)
"""A column, and what it may hold instead."""
odd_rows = st.lists(st.sampled_from(OTHERWISE), max_size=2).map(
    lambda changes: [dict(changes).get(place, value) for place, value in enumerate(GOOD)]
)


@pytest.mark.parametrize("mode", [Mode.BULK, Mode.DELTA])
@settings(deadline=None)
@given(odd=st.dictionaries(st.integers(0, 299), st.one_of(odd_rows, st.just(["o-1", "a"])), max_size=9))
def test_among_many_rows_each_is_checked_as_if_it_came_alone(mode: Mode, odd: dict[int, list[str]]) -> None:
    rows = [(n + 2, odd.get(n, list(GOOD))) for n in range(300)]
    header = [*HEADER.split(","), "status", "dateLastModified"]
    together = Layout(ORGS, mode, header, LATEST).check(rows)
    alone = [Layout(ORGS, mode, header, LATEST)._check_each(*row) for row in rows]
    refused = [row for row in alone if isinstance(row, Refused)]
    kept = [row for row in alone if not isinstance(row, Refused)]
    assert (sorted(together[0]), together[1]) == (kept, refused)
    assert len(refused) <= 9


@pytest.mark.parametrize("row", [("x" * 100_000 + ",") * 9, "," * 100_000])
def test_rows_that_are_long_or_wide_come_few_at_once(row: str) -> None:
    assert max(map(len, batches_of(io.StringIO(f"{row}\n" * 20), "orgs.csv"))) <= 5


@pytest.mark.parametrize("row", ["o-{},a,school", ""])
def test_reading_stops_when_it_is_told_to(row: str) -> None:
    text = "\r\n".join([HEADER, *(row.format(n) for n in range(BATCH)), '"never read'])
    with pytest.raises(Interrupted):
        read(text, progress=Progress(stopped=True))


def test_columns_may_come_in_any_order_and_unknown_ones_are_ignored(tmp_path: Path) -> None:
    scratch = sqlite3.connect(":memory:")
    add_refusals(scratch)
    add_file(scratch, USERS)
    text = io.StringIO("metadata.x,familyName,givenName,sourcedId\r\n?,Field,Ana,st-1\r\n", newline="")
    read_file(scratch, USERS, Mode.BULK, text, Progress(), LATEST)
    assert scratch.execute("SELECT * FROM file_users").fetchall() == [(2, 0, None, "st-1", "Ana", "Field", None)]
