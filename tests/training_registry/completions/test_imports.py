"""A CSV file of completions: what its rows say, what is wrong with them, and what is recorded."""

from typing import Any

import httpx2
import pytest

from shared.testing.service import ServiceInTest
from tests.training_registry.completions.books import BASIC, PATH, counted, verified
from training_registry.completions.imports import reading
from training_registry.completions.imports.rows import MOST_ROW_CHARACTERS, Row, rows_of
from training_registry.settings import Settings

IMPORTS = f"{PATH}/imports"
CSV = {"Content-Type": "text/csv; charset=utf-8"}
HEADER = "officer_id,course,provider,topics,completed_on"
GOOD = "o-1,NASRO Basic,NASRO,law=39.25; de_escalation=0.75,2026-08-27"


async def send(client: httpx2.AsyncClient, *lines: str, end: str = "\n") -> dict[str, Any]:
    """What is answered to a file of these lines."""
    answer = await client.post(IMPORTS, content=(end.join(lines) + end).encode(), headers=CSV)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counts(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    """Rows read, applied, unchanged, rejected."""
    return (answer["rows_read"], answer["rows_applied"], answer["rows_unchanged"], answer["rows_rejected"])


async def test_the_same_file_again_changes_nothing(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    lines = (HEADER, GOOD, GOOD.replace("o-1", "o-2"), GOOD)
    first, again = await send(admin, *lines), await send(admin, *lines, end="\r\n")
    assert (counts(first), counts(again)) == ((3, 2, 1, 0), (3, 0, 3, 0))
    (completion,) = await counted(api)
    assert completion.topics == {"law": 3925, "de_escalation": 75}
    (item,) = (await admin.get(f"{PATH}?officer_id=o-1")).json()["items"]
    assert await verified(api, item["credential_id"]) == "valid"
    assert {name: item[name] for name in BASIC} == BASIC
    # Nor does it undo what was done since.
    await admin.post(f"{PATH}/{item['completion_id']}/revocation", json={"reason": "x"})
    assert counts(await send(admin, *lines)) == (3, 0, 3, 0)
    assert await counted(api) == []
    async with api.client("district_admin", district="elsewhere") as stranger:
        assert counts(await send(stranger, *lines)) == (3, 0, 0, 3)


async def test_a_file_that_is_too_long_is_refused_as_a_whole(
    admin: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reading.MOST_ROWS == 10_000
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    rows = [GOOD, "", GOOD.replace("o-1", "o-2")]
    too_long = "\n".join([HEADER, *rows, GOOD])
    refused = await admin.post(IMPORTS, content=too_long, headers=CSV)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:rapport:problem:file-unusable")
    assert refused.json()["errors"] == [{"path": "body", "problem": "has more than 2 rows: send it in parts"}]
    assert (await admin.get(PATH)).json()["items"] == []
    assert counts(await send(admin, HEADER, *rows)) == (2, 2, 0, 0)


async def test_bad_rows_are_told_by_line_and_field_and_good_ones_applied(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    answer = await send(
        admin,
        "\ufeff" + HEADER + ",outside,expires_on,completion_id",
        GOOD + ",,,",
        'o-1,"Long\nname, with a ""quote""",B,law=1,2026-08-27,TRUE,2029-01-01,',
        "o-9,Secret,B,law=1,2026-08-27,,,",  # 5
        "o-1,Secret,B,law=-4; other=1,2026-08-27,,,",
        "o-1,Secret,B,law=many,2026-08-27,,,",
        "o-1,Secret,B,law 4,2026-08-27,,,",
        "o-1,Secret,B,law=1;law=2,2026-08-27,,,",
        "",
        "o-1,Secret,B,law=1,8/27/2026,,2029-01-01 00:00:00,",  # 11
        "o-1,Secret,B,law=1,2026-11-26,,2026-11-25,",
        ",,,,,,,",
        ",,B,,2026-08-27,perhaps,,Secret",  # 14
        "o-1,Secret,B,law=1,2026-08-27",
        'o-1,"Secret"quote,B,law=1,2026-08-27,,,',
        GOOD + ",false,2029-01-01,",  # 17
        'o-1,"Secret,B,law=1,2026-08-27,,,',
        GOOD.replace("o-1", "o-2") + ",,,",
    )
    assert counts(answer) == (15, 4, 0, 11)
    unreadable = "cannot be read as CSV; is a quote missing?"
    written = "must be written as topic=hours; topic=hours, each topic once"
    date = "must be a date written year first, as 2026-11-25, whatever the spreadsheet shows"
    hours = "must be a number of hours from 0 to 1000"
    assert [(e["line"], e["field"], e["problem"]) for e in answer["errors"]] == [
        (5, "officer_id", "is no officer of this district"),
        (6, "topics.law", hours),
        (7, "topics.law", hours),
        (8, "topics", written),
        (9, "topics", written),
        (11, "completed_on", date),
        (11, "expires_on", date),
        (12, "completed_on", "must not lie in the future"),
        (12, "expires_on", "must not be before completed_on"),
        (14, "course", "is required"),
        (14, "topics", "is required"),
        (14, "outside", "must be true or false"),
        (14, "completion_id", "must be a UUID"),
        (14, "officer_id", "is required"),
        (15, "row", "has more or fewer cells than the header"),
        (16, "row", unreadable),
        (18, "row", unreadable),
    ]
    items = (await admin.get(PATH)).json()["items"]
    assert 'Long\nname, with a "quote"' in {item["course"] for item in items if item["outside"]}
    assert len(items) == 4
    assert len(await counted(api, "o-2")) == 1


async def test_a_row_with_an_id_is_that_completion(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    row = GOOD + ",0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f"
    answer = await send(admin, HEADER + ",completion_id", row, row.replace("NASRO Basic", "Other"))
    assert counts(answer) == (2, 1, 0, 1)
    assert answer["errors"] == [{"line": 3, "field": "completion_id", "problem": "is that of another completion"}]
    assert [completion.course for completion in await counted(api)] == ["NASRO Basic"]


async def test_the_sender_s_own_row_is_rejected(api: ServiceInTest[Settings]) -> None:
    async with api.client("district_admin", "o-1") as himself:
        answer = await send(himself, HEADER, GOOD, GOOD.replace("o-1", "o-2"))
    assert counts(answer) == (2, 1, 0, 1)
    assert answer["errors"] == [{"line": 2, "field": "officer_id", "problem": "is the sender's own"}]
    assert await counted(api) == []


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (b"", ["body"]),
        (b"\xef\xbb\xbf\r\n\r\n", ["body"]),
        (HEADER.encode() + b"\no-1,Caf\xe9,B,law=1,2026-08-27\n", ["body"]),
        (HEADER.encode("utf-16"), ["body"]),
        (b"officer_id,course,provider,topics\n", ["header"]),
        (HEADER.encode() + b",secret,course\n", ["header.6", "header.7"]),
        (HEADER.replace(",", ";").encode(), ["header.1", *["header"] * 5]),
        (b'"officer_id,course\n', ["header"]),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_as_a_whole(
    admin: httpx2.AsyncClient, body: bytes, paths: list[str]
) -> None:
    answer = await admin.post(IMPORTS, content=body, headers=CSV)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rapport:problem:file-unusable")
    assert [error["path"] for error in answer.json()["errors"]] == paths
    assert "secret" not in answer.text


async def test_only_csv_within_the_limit_of_a_body_is_read(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    assert (await admin.post(IMPORTS, json=[])).status_code == 415
    large = b"x" * (api.process.settings.body_limit_bytes + 1)
    assert (await admin.post(IMPORTS, content=large, headers=CSV)).status_code == 413
    async with api.client("officer", "o-1") as officer:
        assert (await officer.post(IMPORTS, content=b"", headers=CSV)).status_code == 403


def test_a_row_is_read_up_to_a_limit() -> None:
    long = "x" * (MOST_ROW_CHARACTERS // 2)
    assert [row.line for row in rows_of(f"{long}\n{long}\n") if row.cells] == [1, 2]
    assert list(rows_of(f'"{long}\n{long}\n{long}\na')) == [
        Row(1, None),
        *[Row(line, [long]) for line in (2, 3)],
        Row(4, ["a"]),
    ]
    assert list(rows_of("a\u2028b,c\rd\r\n\r\ne")) == [Row(1, ["a\u2028b", "c"]), Row(2, ["d"]), Row(4, ["e"])]
