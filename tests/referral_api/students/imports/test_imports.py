"""What a roster file becomes: rows taken in or refused one by one, and the whole applied or not at all."""

from collections import Counter
from typing import Any

import pytest

from referral_api.students import models
from referral_api.students.imports import applying, counting, scratch
from referral_api.students.imports.models import roster_import_errors
from shared.events.roster import EnrollmentCounted
from tests.referral_api.students.district import District
from tests.referral_api.students.rosters import GONE, Roster, a_delta, a_manifest, a_roster_1_1, a_table, a_zip

pytestmark = pytest.mark.slow

SECRET = "Quillfeather"


def faults(state: dict[str, Any]) -> set[tuple[str, int, str]]:
    """Where the refused rows lie."""
    return {(e["file"], e["line"], e["field"]) for e in state["errors"]}


def enrolled(counted: list[EnrollmentCounted]) -> dict[str, int]:
    """The latest number of students per school."""
    return {e.school_id: sum(c.n for c in e.counts) for e in counted}


async def test_a_roster_comes_in_and_every_row_is_counted(district: District) -> None:
    roster = Roster()
    state = await district.load(roster.zip())
    read = sum(len(rows) for rows in roster.tables.values())
    assert (state["status"], state["rows_read"], state["rows_applied"], state["rows_rejected"]) == (
        "done",
        read,
        read,
        0,
    )
    assert state["errors"] == []
    assert state["refused_because"] is None
    schools = (await district.get("/v1/schools")).json()["items"]
    assert schools == [{"school_id": s, "name": f"School {s}", "identifier": s} for s in ("s-1", "s-2")]
    assert await district.student("st-1") == {
        "student_id": "st-1",
        "given_name": "Ana",
        "family_name": "Field",
        "grade": "07",
        "school_ids": ["s-1"],
        "race_ethnicity": "white",
        "sex": "female",
        "disability": "unknown",
        "english_learner": None,
    }


async def test_a_file_of_nothing_but_faults_is_refused_as_a_whole_and_fills_no_database(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (scratch, applying):
        monkeypatch.setattr(module, "MOST_FAULTS", 5)
    in_reading, in_resolving, few = Roster(), Roster(), Roster()
    for number in range(9):
        in_reading.add_role(f"u-{number}", "wizard", "s-1")
        in_resolving.add_role(f"ghost-{number}", "student", "s-1")
    for number in range(5):
        few.add_role(f"ghost-{number}", "student", "s-1")
    for roster in (in_reading, in_resolving):
        state = await district.load(roster.zip())
        assert (state["status"], len(state["errors"])) == ("refused", 5)
        assert state["refused_because"] == "It has more than 5 faults; errors.csv holds that many."
    assert await district.rows(models.students) == []
    state = await district.load(few.zip())
    assert (state["status"], state["rows_rejected"]) == ("done", 5)


async def test_each_bad_row_is_refused_alone_and_named_without_its_value(district: District) -> None:
    roster = Roster()
    users, demographics = roster.tables["users"], roster.tables["demographics"]
    good = {"givenName": SECRET, "familyName": SECRET}
    users += [
        {"sourcedId": "u-2", **good, "givenName": "two\nlines"},  # lines 14 and 15
        {"sourcedId": "st-1", **good},  # 16
        {"sourcedId": "", **good},
        {"sourcedId": "st-n", "givenName": SECRET},  # 18
        {"sourcedId": "st-b", **good, "enabledUser": SECRET},
        {"sourcedId": "st-s", **good, "status": "tobedeleted"},  # 20
        {"sourcedId": "x" * 256, **good},
        {"sourcedId": "st-g", **good, "grades": "9th"},
    ]
    roster.add_role("ghost", "student", "s-1")  # line 14
    roster.add_role("st-1", "wizard", "s-1")
    roster.add_role("st-1", "teacher", "s-9")  # 16
    roster.add_role("st-1", "ext:schoolResourceOfficer", "s-1")
    roster.add_role("st-2", "teacher", "s-1", beginDate="31/08/2026")  # 18
    roster.add_role("st-g", "student", "s-1")
    demographics += [
        {"sourcedId": "ghost", "sex": "male"},  # 14
        {"sourcedId": "st-g", "sex": SECRET, "white": "yes"},
        {"sourcedId": "st-g", "metadata.disabilityStatus": "yes"},  # 16
        {"sourcedId": "st-2", "birthDate": "2010-02-30"},
    ]
    state = await district.load(roster.zip())
    assert faults(state) == {
        ("users.csv", 16, "sourcedId"),
        ("users.csv", 17, "sourcedId"),
        ("users.csv", 18, "familyName"),
        ("users.csv", 19, "enabledUser"),
        ("users.csv", 20, "status"),
        ("users.csv", 21, "sourcedId"),
        ("roles.csv", 14, "userSourcedId"),
        ("roles.csv", 15, "role"),
        ("roles.csv", 16, "orgSourcedId"),
        ("roles.csv", 18, "beginDate"),
        ("demographics.csv", 14, "sourcedId"),
        ("demographics.csv", 15, "sex"),
        ("demographics.csv", 15, "white"),
        ("demographics.csv", 16, "metadata.disabilityStatus"),
        ("demographics.csv", 17, "birthDate"),
    }
    assert (state["status"], state["rows_rejected"]) == ("done", 14)
    assert state["rows_applied"] == state["rows_read"] - 14
    assert SECRET not in str(state)
    assert not any(SECRET in str(row) for row in await district.rows(roster_import_errors))
    ungraded = await district.student("st-g")
    assert ungraded
    assert ungraded["grade"] is None
    kept = await district.rows(models.roster_roles)
    assert any(row.count("ext:schoolResourceOfficer") for row in kept)


async def test_all_refused_rows_come_as_csv_and_the_first_thousand_as_json(district: District) -> None:
    roster = Roster()
    for number in range(1100):
        roster.add_role(f"ghost-{number}", "student", "s-1")
    state = await district.load(roster.zip())
    assert (len(state["errors"]), state["rows_rejected"]) == (1000, 1100)
    answer = await district.get(f"/v1/roster/imports/{state['import_id']}/errors.csv", "district_admin")
    lines = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/csv")
    assert lines[:2] == ["file,line,field,problem", "roles.csv,14,userSourcedId,names no user of the roster"]
    assert len(lines) == 1101


@pytest.mark.parametrize("mark", ["", "\ufeff"])
async def test_names_with_quotes_accents_and_line_breaks_survive(district: District, mark: str) -> None:
    roster = Roster()
    roster.add_student("st-q", "s-1", given='Lê "Zoë"\nMarie', family="O'Neil, Jr")
    files = roster.files()
    files["users.csv"] = mark + str(files["users.csv"])
    state = await district.load(a_zip(files))
    found = await district.student("st-q")
    assert state["rows_rejected"] == 0
    assert found
    assert (found["given_name"], found["family_name"]) == ('Lê "Zoë"\nMarie', "O'Neil, Jr")


async def test_the_same_file_again_changes_nothing_and_is_done(district: District) -> None:
    await district.load(Roster().zip())
    tables = (models.students, models.roster_roles, models.orgs, models.student_schools)
    before = [await district.rows(table) for table in tables]
    state = await district.load(Roster().zip())
    assert (state["status"], state["rows_rejected"]) == ("done", 0)
    assert [await district.rows(table) for table in tables] == before


async def test_names_are_sealed_and_no_file_with_names_is_left(district: District) -> None:
    roster = Roster()
    roster.add_student("st-x", "s-1", given=SECRET, family=SECRET)
    await district.load(roster.zip())
    assert not any(SECRET.encode() in value for row in await district.rows(models.students) for value in row[2:4])
    assert list(district.folder.iterdir()) == []


async def test_leavers_are_gone_but_not_forgotten_and_come_back(district: District) -> None:
    await district.load(Roster().zip())
    without = Roster()
    for kind in ("users", "demographics"):
        without.tables[kind].remove(without.row(kind, "st-3"))
    without.tables["roles"].remove(without.row("roles", "r-st-3-student-s-1"))
    await district.load(without.zip())
    assert await district.student("st-3") is None
    assert len(await district.rows(models.students)) == 12
    assert enrolled(await district.announced()) == {"s-1": 5, "s-2": 6}
    await district.load(Roster().zip())
    assert await district.student("st-3") is not None
    assert enrolled(await district.announced()) == {"s-1": 6, "s-2": 6}


async def test_a_roster_that_shrinks_by_more_than_half_is_refused_unless_forced(district: District) -> None:
    await district.load(Roster().zip())
    small = Roster()
    small.tables["roles"] = small.tables["roles"][:5]
    state = await district.load(small.zip())
    assert (state["status"], state["rows_applied"]) == ("refused", 0)
    assert "7 of 12 students" in state["refused_because"]
    assert await district.student("st-12") is not None
    assert len(await district.announced()) == 2
    assert (await district.load(small.zip(), force=True))["status"] == "done"
    assert await district.student("st-12") is None


async def test_a_roster_of_many_batches_is_written_and_counted_as_a_whole(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "BATCH", 5)
    monkeypatch.setattr(counting, "_BATCH", 1)
    roster = Roster()
    for number in range(13, 61):
        roster.add_student(f"st-{number}", "s-1" if number % 3 else "s-2")
    without_one = [row for row in roster.tables["roles"] if row["userSourcedId"] != "st-1"]
    for roles, expected in (
        (roster.tables["roles"], {"s-1": 38, "s-2": 22}),
        (roster.tables["roles"], {"s-1": 38, "s-2": 22}),
        (without_one, {"s-1": 37, "s-2": 22}),
    ):
        roster.tables["roles"] = roles
        assert (await district.load(roster.zip()))["status"] == "done"
        assert Counter(school for *_, school in await district.rows(models.student_schools)) == expected
        assert enrolled(await district.announced()) == expected


@pytest.mark.parametrize(("column", "group"), [("white", "race_ethnicity"), ("sex", "sex"), (None, "race_ethnicity")])
async def test_a_file_that_no_longer_says_the_groups_of_more_than_half_is_refused_unless_forced(
    district: District, column: str | None, group: str
) -> None:
    await district.load(Roster().zip())
    forgetful = Roster()
    for row in forgetful.tables["demographics"][:7]:
        row[column or "sex"] = ""
    if column is None:
        forgetful.tables["demographics"].clear()
    state = await district.load(forgetful.zip())
    assert state["status"] == "refused"
    assert f"{7 if column else 12} of 12 students would have no {group} any more" in state["refused_because"]
    assert (await district.load(forgetful.zip(), force=True))["status"] == "done"
    assert (await district.load(forgetful.zip()))["status"] == "done"  # nothing is left to lose


async def test_half_of_the_students_may_leave(district: District) -> None:
    await district.load(Roster().zip())
    half = Roster()
    half.tables["roles"] = half.tables["roles"][:6]
    assert (await district.load(half.zip()))["status"] == "done"


async def test_counts_are_announced_per_school_and_empty_schools_have_none(district: District) -> None:
    roster = Roster()
    roster.tables["orgs"].append({"sourcedId": "s-3", "name": "New", "type": "school"})
    roster.add_student("st-two", "s-1", "s-2")
    await district.load(roster.zip())
    announced = await district.announced()
    assert enrolled(announced) == {"s-1": 7, "s-2": 7, "s-3": 0}
    assert {(e.version, e.school_year, e.counted_on.isoformat()) for e in announced} == {(1, 2027, "2026-11-22")}
    assert (await district.student("st-two") or {})["school_ids"] == ["s-1", "s-2"]
    roster.tables["orgs"].pop()
    await district.load(roster.zip())
    again = (await district.announced())[3:]
    assert enrolled(again) == {"s-1": 7, "s-2": 7, "s-3": 0}
    assert {e.version for e in again} == {2}
    assert [s["school_id"] for s in (await district.get("/v1/schools")).json()["items"]] == ["s-1", "s-2"]


async def test_the_district_s_own_sessions_say_which_school_year_it_is(district: District) -> None:
    roster = Roster()
    year = {"sourcedId": "y", "title": "25-26", "type": "schoolYear", "schoolYear": "2026"}
    roster.tables["academicSessions"] = [{**year, "startDate": "2026-01-10", "endDate": "2026-12-15"}]
    await district.load(roster.zip())
    assert {e.school_year for e in await district.announced()} == {2026}


async def test_a_role_counts_between_its_dates_only(district: District) -> None:
    roster = Roster()
    roster.row("roles", "r-st-1-student-s-1")["endDate"] = "2026-11-21"
    roster.add_role("st-1", "student", "s-2", beginDate="2026-11-22")
    roster.row("roles", "r-st-2-student-s-1")["beginDate"] = "2026-11-23"
    state = await district.load(roster.zip())
    assert state["rows_rejected"] == 0
    assert (await district.student("st-1") or {})["school_ids"] == ["s-2"]
    assert await district.student("st-2") is None


async def test_a_delta_changes_what_it_names_and_nothing_else(district: District) -> None:
    await district.load(Roster().zip())
    hispanic = {"sourcedId": "st-5", "sex": "male", "white": "true", "hispanicOrLatinoEthnicity": "true"}
    moved = {"userSourcedId": "st-6", "role": "student", "roleType": "primary"}
    delta = a_delta(
        demographics=[hispanic],
        users=[{"sourcedId": "st-7", **GONE}, {"sourcedId": "st-8", "givenName": "Zoë", "familyName": "Lê"}],
        roles=[
            {"sourcedId": "r-st-6-student-s-1", **GONE},
            {"sourcedId": "r-new", "orgSourcedId": "s-2", **moved},
        ],
    )
    state = await district.load(delta)
    assert (state["status"], state["rows_applied"], state["rows_rejected"]) == ("done", 5, 0)
    assert (await district.student("st-5") or {})["race_ethnicity"] == "hispanic"
    assert (await district.student("st-6") or {})["school_ids"] == ["s-2"]
    assert await district.student("st-7") is None
    renamed = await district.student("st-8")
    assert renamed
    assert (renamed["given_name"], renamed["race_ethnicity"]) == ("Zoë", "white")
    assert enrolled(await district.announced()) == {"s-1": 5, "s-2": 6}
    back = a_delta(
        users=[{"sourcedId": "st-7", "givenName": "Ana", "familyName": "Field", "grades": "08"}],
        roles=[{"sourcedId": "r-back", "userSourcedId": "st-7", "role": "student", "orgSourcedId": "s-2"}],
    )
    assert (await district.load(back))["rows_rejected"] == 0
    assert (await district.student("st-7") or {})["grade"] == "08"


async def test_a_delta_row_needs_its_status_and_date(district: District) -> None:
    await district.load(Roster().zip())
    bad = [
        {"sourcedId": "st-1", "givenName": "A", "familyName": "B", "status": ""},
        {"sourcedId": "st-2", "givenName": "A", "familyName": "B", "dateLastModified": "yesterday"},
        {"sourcedId": "st-3", "givenName": "A", "familyName": "B", "dateLastModified": ""},
        {"sourcedId": "", "status": "tobedeleted"},
    ]
    state = await district.load(a_delta(users=bad))
    assert faults(state) == {
        ("users.csv", 2, "status"),
        ("users.csv", 3, "dateLastModified"),
        ("users.csv", 4, "dateLastModified"),
        ("users.csv", 5, "sourcedId"),
    }
    assert (await district.student("st-1") or {})["given_name"] == "Ana"


async def test_a_role_makes_no_student_of_somebody_without_a_name(district: District) -> None:
    roster = Roster()
    roster.tables["users"].append({"sourcedId": "t-1", "givenName": "T", "familyName": "T"})
    roster.add_role("t-1", "teacher", "s-1")
    await district.load(roster.zip())
    role = {"sourcedId": "r-t", "userSourcedId": "t-1", "role": "student", "orgSourcedId": "s-1"}
    assert faults(await district.load(a_delta(roles=[role]))) == {("roles.csv", 2, "userSourcedId")}
    user = {"sourcedId": "t-1", "givenName": "T", "familyName": "T"}
    assert faults(await district.load(a_delta(roles=[role], users=[user]))) == set()
    assert await district.student("t-1") is not None


async def test_a_bulk_file_is_the_whole_truth_of_its_kind_only(district: District) -> None:
    await district.load(Roster().zip())
    demographics = a_table("demographics", [{"sourcedId": "st-1", "asian": "true"}])
    only = a_zip({"manifest.csv": a_manifest({"demographics": "bulk"}), "demographics.csv": demographics})
    await district.load(only, force=True)
    assert (await district.student("st-1") or {})["race_ethnicity"] == "asian"
    assert (await district.student("st-2") or {})["race_ethnicity"] == "unknown"


async def test_oneroster_1_1_has_role_and_orgs_on_the_user(district: District) -> None:
    user = {"enabledUser": "true", "givenName": "Ana", "familyName": "Field", "grades": "KG,01"}
    students = [
        {"sourcedId": "st-1", "role": "student", "orgSourcedIds": "s-1,s-2", **user},
        {"sourcedId": "st-2", "role": "student", "orgSourcedIds": "s-2, s-9", **user},
        {"sourcedId": "st-3", "role": "pupil", "orgSourcedIds": "s-1", **user},
        {"sourcedId": "t-1", "role": "teacher", "orgSourcedIds": "s-1", **user},
    ]
    state = await district.load(a_roster_1_1(students))
    assert faults(state) == {("users.csv", 3, "orgSourcedIds"), ("users.csv", 4, "role")}
    found = await district.student("st-1")
    assert found
    assert (found["school_ids"], found["grade"]) == (["s-1", "s-2"], "01")
    assert await district.student("t-1") is None
    state = await district.load(a_roster_1_1([{**students[0], "orgSourcedIds": "s-2"}]))
    assert (await district.student("st-1") or {})["school_ids"] == ["s-2"]


async def test_enrolments_are_kept_where_they_are_sent(district: District) -> None:
    roster = Roster()
    row = {"classSourcedId": "c-1", "schoolSourcedId": "s-1", "userSourcedId": "st-1", "role": "student"}
    roster.tables["enrollments"] = [
        {"sourcedId": "e-1", **row},
        {"sourcedId": "e-2", **row, "userSourcedId": "ghost"},
        {"sourcedId": "e-3", **row, "schoolSourcedId": "s-9"},
    ]
    state = await district.load(roster.zip())
    assert faults(state) == {("enrollments.csv", 3, "userSourcedId"), ("enrollments.csv", 4, "schoolSourcedId")}
    assert [row[1] for row in await district.rows(models.enrollments)] == ["e-1"]
    await district.load(Roster().zip())
    assert [row[1] for row in await district.rows(models.enrollments)] == ["e-1"]


async def test_districts_with_the_same_ids_do_not_meet(district: District) -> None:
    await district.load(Roster().zip())
    other = Roster()
    other.row("users", "st-1")["givenName"] = "Other"
    await district.load(other.zip(), district="elsewhere")
    assert (await district.student("st-1") or {})["given_name"] == "Ana"
    there = (await district.get("/v1/students/st-1", district="elsewhere")).json()
    assert there["given_name"] == "Other"
    assert {e.version for e in await district.announced()} == {1}
