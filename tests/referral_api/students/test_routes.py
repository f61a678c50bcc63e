"""Reading schools and students: who sees whom, searching by name, pages, and the ledger."""

from typing import Any
from urllib.parse import quote

import pytest

from referral_api.disclosures.models import disclosures
from referral_api.students import views
from tests.referral_api.students.district import District
from tests.referral_api.students.rosters import Roster


@pytest.fixture
async def loaded(district: District) -> District:
    roster = Roster()
    roster.add_student("st-two", "s-1", "s-2", given="Zoë", family="Lê")
    roster.add_student("st-zz", "s-2", given="Marie", family="ZOEPPRITZ")
    roster.add_student("ST-Long", "s-2", given="María Luz", family="de la Cruz-Gil")
    roster.row("users", "st-1")["grades"] = "12"
    assert (await district.load(roster.zip()))["rows_rejected"] == 0
    return district


async def ids(district: District, query: str, schools: list[str] | None = None) -> list[str]:
    """The students that a list holds, over all of its pages."""
    found: list[str] = []
    path: str | None = f"/v1/students?{query}"
    while path:
        page: dict[str, Any] = (await district.get(path, schools=schools)).json()
        found += [s["student_id"] for s in page["items"]]
        cursor = page["next_cursor"]
        path = f"/v1/students?{query}&cursor={cursor}" if cursor else None
    assert len(set(found)) == len(found)
    return found


async def test_a_student_is_seen_by_those_of_his_schools_only(loaded: District) -> None:
    here = await loaded.get("/v1/students/st-1", schools=["s-1"])
    there = await loaded.get("/v1/students/st-1", schools=["s-2"])
    both = await loaded.get("/v1/students/st-two", schools=["s-2"])
    assert (here.status_code, there.status_code) == (200, 404)
    assert both.json()["school_ids"] == ["s-2"]
    assert [s["school_id"] for s in (await loaded.get("/v1/schools", schools=["s-2"])).json()["items"]] == ["s-2"]
    assert (await loaded.get("/v1/students/st-1", district="elsewhere")).status_code == 404


@pytest.mark.parametrize(
    "student_id", ["a/b", "/a//b/", "{0C-1}/x y", "st?x=1#2", "50%2F50", "Ünïcode/é", "+&;=", "x" * 240]
)
async def test_a_student_is_found_whatever_characters_his_vendor_puts_into_ids(
    district: District, student_id: str
) -> None:
    roster = Roster()
    roster.add_student(student_id, "s-1")
    assert (await district.load(roster.zip()))["rows_rejected"] == 0
    answer = await district.get(f"/v1/students/{quote(student_id, safe='')}")
    assert (answer.status_code, answer.json().get("student_id")) == (200, student_id)
    ledger = await district.get(f"/v1/disclosures?student_id={quote(student_id, safe='')}", "district_admin")
    assert [note["student_id"] for note in ledger.json()["items"]] == [student_id]


async def test_a_path_under_a_student_s_is_no_other_student(loaded: District) -> None:
    for path in ("/v1/students/st-1/x", "/v1/students/st-1/", "/v1/students/", "/v1/students//st-1"):
        assert (await loaded.get(path)).status_code == 404


@pytest.mark.parametrize("role", ["staff", "provider", "analyst", "integration"])
async def test_a_role_that_opens_no_record_is_refused(loaded: District, role: str) -> None:
    async with loaded.service.client(role, provider="p-1" if role == "provider" else None) as client:
        assert (await client.get("/v1/students/st-1")).status_code == 403
        assert (await client.get("/v1/students")).status_code == 403


async def test_names_are_found_by_their_beginning_whatever_case_and_accents(loaded: District) -> None:
    assert await ids(loaded, "q=zoe") == ["st-two", "st-zz"]
    assert await ids(loaded, "q=L%C3%8A") == ["st-two"]
    assert await ids(loaded, "q=oe") == []
    assert await ids(loaded, "q=zoe", schools=["s-1"]) == ["st-two"]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("Marie Zoeppritz", ["st-zz"]),
        ("zoep mar", ["st-zz"]),
        ("le zoe", ["st-two"]),
        ("l\u00ea,", []),
        ("  Zoë\u00a0 ", ["st-two", "st-zz"]),
        ("Ana Field", [f"st-{n}" for n in (1, 10, 11, 12, *range(2, 10))]),
        ("ana zoe", []),
        ("ana x", []),
        ("Luz de la", ["ST-Long"]),
        ("gil cruz", ["ST-Long"]),
        ("de la cruz-g", ["ST-Long"]),
        ("dela", []),
        ("ruz", []),
        ("st-1", ["st-1", "st-10", "st-11", "st-12"]),
        ("ST-Z", ["st-zz"]),
        ("st-lo", ["ST-Long"]),
        ("st-z zoe", []),
        ("t-1", []),
        ("(.*", []),
    ],
)
async def test_words_are_found_where_a_name_or_one_of_its_words_begins_and_a_word_alone_in_ids(
    loaded: District, q: str, found: list[str]
) -> None:
    assert await ids(loaded, f"q={quote(q)}") == found
    assert await ids(loaded, f"q={quote(q)}&limit=1") == found


async def test_a_search_goes_on_behind_the_students_it_has_read_in_vain(
    loaded: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_READ", 4)
    monkeypatch.setattr(views, "_CHUNK", 2)
    first = (await loaded.get("/v1/students?q=marie+zoep&limit=1")).json()
    assert (first["items"], first["next_cursor"] is None) == ([], False)
    assert await ids(loaded, "q=marie+zoep&limit=1") == ["st-zz"]
    assert await ids(loaded, "q=zoe&limit=1") == ["st-two", "st-zz"]
    assert len(await ids(loaded, "q=field+ana&limit=3")) == 12


@pytest.mark.parametrize("blank", ["", "   ", "\u3000\t"])
async def test_a_blank_search_is_none(loaded: District, blank: str) -> None:
    assert await ids(loaded, f"q={quote(blank)}&limit=4") == await ids(loaded, "limit=4") != []


async def test_lists_narrow_by_school_and_grade_and_pages_hold_each_once(loaded: District) -> None:
    assert len(await ids(loaded, "limit=3")) == 15
    assert len(await ids(loaded, "limit=1&school_id=s-2")) == 9
    assert await ids(loaded, "grade=12") == ["st-1"]
    assert await ids(loaded, "school_id=s-2", schools=["s-1"]) == ["st-two"]
    answer = await loaded.get("/v1/students?limit=3")
    assert 'rel="next"' in answer.headers["link"]
    for broken in ("/v1/students?cursor=%ff", "/v1/schools?cursor=abc", "/v1/disclosures?cursor=abc"):
        assert (await loaded.get(broken, "district_admin")).status_code == 422


async def test_reading_a_student_is_noted_and_reading_in_vain_is_not(loaded: District) -> None:
    await loaded.get("/v1/students/st-7", schools=["s-1"])
    assert await loaded.rows(disclosures) == []
    await loaded.get("/v1/students/st-1")
    await loaded.get("/v1/students/st-2")
    ledger = await loaded.get("/v1/disclosures?student_id=st-1", "district_admin")
    (noted,) = ledger.json()["items"]
    assert noted.pop("disclosure_id")
    assert noted == {
        "student_id": "st-1",
        "requested_by": "counselor",
        "role": "counselor",
        "purpose": None,
        "outcome": "disclosed",
        "because": None,
        "record": "student",
        "requested_at": "2026-11-22T14:00:00Z",
        "threat": None,
        "recipients": None,
        "expires_at": None,
        "review": None,
    }


async def test_the_ledger_is_read_newest_first_in_pages_and_by_school(loaded: District) -> None:
    for student_id in ("st-1", "st-2", "st-7"):
        await loaded.get(f"/v1/students/{student_id}")
    page = (await loaded.get("/v1/disclosures?limit=2", "district_admin")).json()
    assert [d["student_id"] for d in page["items"]] == ["st-7", "st-2"]
    rest = (await loaded.get(f"/v1/disclosures?cursor={page['next_cursor']}", "district_admin")).json()
    assert ([d["student_id"] for d in rest["items"]], rest["next_cursor"]) == (["st-1"], None)
    one = "/v1/disclosures?student_id="
    assert (await loaded.get(f"{one}st-1", "administrator", ["s-1"])).status_code == 200
    assert (await loaded.get(f"{one}st-7", "administrator", ["s-1"])).status_code == 404
    assert (await loaded.get("/v1/disclosures", "administrator", ["s-1"])).status_code == 422
    assert (await loaded.get(f"{one}st-1", "counselor")).status_code == 403
