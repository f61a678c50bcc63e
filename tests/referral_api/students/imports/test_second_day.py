"""The roster after its first day: late and repeated deltas, leavers and returners, and rows that were refused."""

from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from referral_api.students import models
from shared.db import EVERY_DISTRICT
from tests.referral_api.students.district import District
from tests.referral_api.students.rosters import GONE, Roster, a_delta, a_manifest, a_table, a_zip

pytestmark = pytest.mark.slow

NAME = {"givenName": "Zoë", "familyName": "Lê"}
NIGHTS = [f"2026-11-{day}T06:00:00.000Z" for day in (18, 19, 20)]


def faults(state: dict[str, Any]) -> set[tuple[str, int, str]]:
    """Where the refused rows lie."""
    return {(e["file"], e["line"], e["field"]) for e in state["errors"]}


def user(student_id: str, night: str, **more: str) -> dict[str, str]:
    """A user's row of a delta file of that night."""
    return {"sourcedId": student_id, **NAME, "dateLastModified": night, **more}


async def given_name(district: District, student_id: str) -> str | None:
    """What he is called; None where he is no student now."""
    found = await district.student(student_id)
    return found["given_name"] if found else None


async def test_a_delta_row_older_than_what_came_before_is_refused_and_the_newer_stays(district: District) -> None:
    await district.load(Roster().zip())
    await district.load(a_delta(users=[user("st-1", NIGHTS[1]), user("st-2", NIGHTS[1])]))
    late = [user("st-1", NIGHTS[0], givenName="Old"), user("st-2", NIGHTS[1], givenName="Same")]
    state = await district.load(a_delta(users=[*late, user("st-3", NIGHTS[0])]))
    assert faults(state) == {("users.csv", 2, "dateLastModified")}
    assert (state["status"], state["rows_applied"], state["rows_rejected"]) == ("done", 2, 1)
    assert [await given_name(district, s) for s in ("st-1", "st-2", "st-3")] == ["Zoë", "Same", "Zoë"]


async def test_instants_are_compared_whatever_zone_they_are_written_in(district: District) -> None:
    await district.load(Roster().zip())
    await district.load(a_delta(users=[user("st-1", "2026-11-19T01:00:00-06:00")]))  # 07:00 in UTC
    older = user("st-1", "2026-11-19T06:59:59.999Z", givenName="Old")
    assert faults(await district.load(a_delta(users=[older]))) == {("users.csv", 2, "dateLastModified")}
    newer = user("st-1", "2026-11-19T07:00:00.001Z", givenName="New")
    assert faults(await district.load(a_delta(users=[newer]))) == set()
    assert await given_name(district, "st-1") == "New"


AHEAD = {
    "2026-11-23T14:00:00.000Z": True,  # a day from now: a system that writes its local time as UTC
    "2026-11-23T14:00:00.001Z": False,
    "2026-11-23T16:00:00+02:00": True,
    "9999-12-31T23:59:59Z": False,
    "9999-12-31T23:59:59-14:00": False,  # beyond what can be reckoned with
}


@pytest.mark.parametrize(("modified", "is_taken"), AHEAD.items())
async def test_a_row_from_the_future_is_refused_and_keeps_no_later_one_out(
    district: District, modified: str, is_taken: bool
) -> None:
    await district.load(Roster().zip())
    state = await district.load(a_delta(users=[user("st-1", modified), {"sourcedId": "st-2", **GONE}]))
    assert faults(state) == (set() if is_taken else {("users.csv", 2, "dateLastModified")})
    assert await given_name(district, "st-1") == ("Zoë" if is_taken else "Ana")
    assert await given_name(district, "st-2") is None
    later = await district.load(a_delta(users=[user("st-1", "2026-11-23T15:00:00+01:00", givenName="New")]))
    assert (faults(later), await given_name(district, "st-1")) == (set(), "New")


async def test_a_bulk_row_from_the_future_is_refused_too_and_deletes_nobody(district: District) -> None:
    roster = Roster()
    await district.load(roster.zip())
    roster.row("users", "st-1").update(dateLastModified="9999-12-31T00:00:00Z", givenName="Zoë")
    roster.row("users", "st-3").update(dateLastModified="9999-12-31T00:00:00Z", status="tobedeleted")
    state = await district.load(roster.zip())
    said = {(e["line"], e["field"]): e["problem"] for e in state["errors"]}
    assert said[2, "dateLastModified"] == "lies in the future; is the clock of the system that wrote it right?"
    assert set(said) == {(2, "dateLastModified"), (4, "dateLastModified"), (4, "status")}
    assert [await given_name(district, s) for s in ("st-1", "st-3")] == ["Ana", "Ana"]
    assert await district.rows(models.roster_revisions) == []


async def test_a_row_that_was_taken_from_the_future_once_is_locked_no_longer(district: District) -> None:
    await district.load(Roster().zip())
    await district.load(a_delta(users=[user("st-1", NIGHTS[0])]))
    async with district.database.write(EVERY_DISTRICT) as session:
        await session.execute(update(models.roster_revisions).values(modified_at="9999-01-01T00:00:00.000000+00:00"))
    state = await district.load(a_delta(users=[user("st-1", NIGHTS[1], givenName="New")]))
    assert (faults(state), await given_name(district, "st-1")) == (set(), "New")
    assert faults(await district.load(a_delta(users=[user("st-1", NIGHTS[0])]))) == {
        ("users.csv", 2, "dateLastModified")
    }


async def test_spaces_around_an_id_make_no_other_student_and_around_a_column_no_other_column(
    district: District,
) -> None:
    roster = Roster()
    await district.load(roster.zip())
    roster.row("users", "st-1")["sourcedId"] = " st-1 "
    files = {**roster.files()}
    files["users.csv"] = str(files["users.csv"]).replace("givenName,familyName", " givenName ,familyName ", 1)
    state = await district.load(a_zip(files))
    assert [(e["line"], e["field"], e["problem"]) for e in state["errors"]] == [
        (2, "sourcedId", "has spaces around it")
    ]
    assert await given_name(district, "st-1") == "Ana"


async def test_a_late_delta_brings_nobody_back_who_was_deleted_since(district: District) -> None:
    await district.load(Roster().zip())
    await district.load(a_delta(users=[{"sourcedId": "st-1", **GONE, "dateLastModified": NIGHTS[2]}]))
    role = {"sourcedId": "r-late", "userSourcedId": "st-1", "role": "student", "orgSourcedId": "s-1"}
    state = await district.load(a_delta(users=[user("st-1", NIGHTS[1])], roles=[role]))
    assert faults(state) == {("users.csv", 2, "dateLastModified"), ("roles.csv", 2, "userSourcedId")}
    assert await district.student("st-1") is None


async def test_a_bulk_file_is_the_truth_however_old_and_its_rows_keep_the_date_known(district: District) -> None:
    await district.load(Roster().zip())
    await district.load(a_delta(users=[user("st-1", NIGHTS[1])]))
    assert (await district.load(Roster().zip()))["rows_rejected"] == 0
    assert await given_name(district, "st-1") == "Ana"
    late = await district.load(a_delta(users=[user("st-1", NIGHTS[0], givenName="Old")]))
    assert faults(late) == {("users.csv", 2, "dateLastModified")}
    dated = Roster()
    dated.row("users", "st-2")["dateLastModified"] = NIGHTS[2]
    await district.load(dated.zip())
    late = await district.load(a_delta(users=[user("st-2", NIGHTS[1], givenName="Old")]))
    assert faults(late) == {("users.csv", 2, "dateLastModified")}
    without = Roster()
    without.tables["users"].remove(without.row("users", "st-1"))
    await district.load(without.zip())
    assert [row[2] for row in await district.rows(models.roster_revisions)] == ["st-2"]


async def test_of_two_rows_of_one_delta_the_one_modified_last_counts(district: District) -> None:
    await district.load(Roster().zip())
    twice = [
        user("st-1", NIGHTS[1]),
        {**GONE, **user("st-1", NIGHTS[2])},
        user("st-2", NIGHTS[2]),
        user("st-2", NIGHTS[1]),
    ]
    twice[1]["status"] = "tobedeleted"
    state = await district.load(a_delta(users=twice))
    assert faults(state) == {("users.csv", 2, "sourcedId"), ("users.csv", 5, "sourcedId")}
    assert (await given_name(district, "st-1"), await given_name(district, "st-2")) == (None, "Zoë")


async def test_the_same_delta_again_and_a_deletion_of_nobody_are_harmless(district: District) -> None:
    await district.load(Roster().zip())
    delta = a_delta(
        users=[user("st-1", NIGHTS[1]), {"sourcedId": "st-2", **GONE}, {"sourcedId": "nobody", **GONE}],
        roles=[{"sourcedId": "r-nobody", **GONE}],
        demographics=[{"sourcedId": "nobody", **GONE}],
        orgs=[{"sourcedId": "s-nowhere", **GONE}],
    )
    states = [await district.load(delta) for _ in range(2)]
    assert [(s["status"], s["rows_applied"], s["rows_rejected"]) for s in states] == [("done", 6, 0)] * 2
    assert (await given_name(district, "st-1"), await given_name(district, "st-2")) == ("Zoë", None)


async def test_delta_rows_that_name_what_does_not_exist_are_refused(district: District) -> None:
    await district.load(Roster().zip())
    role = {"role": "student", "roleType": "primary"}
    state = await district.load(
        a_delta(
            roles=[
                {"sourcedId": "r-a", "userSourcedId": "ghost", "orgSourcedId": "s-1", **role},
                {"sourcedId": "r-b", "userSourcedId": "st-1", "orgSourcedId": "s-9", **role},
                {"sourcedId": "r-c", "userSourcedId": "st-1", "orgSourcedId": "s-2", **role},
            ],
            demographics=[{"sourcedId": "ghost", "white": "true"}],
        )
    )
    assert faults(state) == {
        ("roles.csv", 2, "userSourcedId"),
        ("roles.csv", 3, "orgSourcedId"),
        ("demographics.csv", 2, "sourcedId"),
    }
    assert (await district.student("st-1") or {})["school_ids"] == ["s-1", "s-2"]


async def test_a_delta_brings_a_student_with_his_role_whatever_order_its_files_have(district: District) -> None:
    await district.load(Roster().zip())
    tables = {
        "roles": [{"sourcedId": "r-new", "userSourcedId": "new", "role": "student", "orgSourcedId": "s-1"}],
        "demographics": [{"sourcedId": "new", "asian": "true"}],
        "users": [{"sourcedId": "new", **NAME}],
    }
    assert (await district.load(a_delta(**tables)))["rows_rejected"] == 0
    found = await district.student("new")
    assert found
    assert (found["given_name"], found["race_ethnicity"], found["school_ids"]) == ("Zoë", "asian", ["s-1"])


@pytest.mark.parametrize("status", ["inactive", "Active", "deleted", "TOBEDELETED", " active"])
async def test_a_status_that_oneroster_does_not_know_refuses_the_row(district: District, status: str) -> None:
    await district.load(Roster().zip())
    state = await district.load(a_delta(users=[user("st-1", NIGHTS[0], status=status), user("st-2", NIGHTS[0])]))
    assert faults(state) == {("users.csv", 2, "status")}
    assert (await given_name(district, "st-1"), await given_name(district, "st-2")) == ("Ana", "Zoë")


async def test_a_delta_that_deletes_more_than_half_is_refused_unless_forced(district: District) -> None:
    await district.load(Roster().zip())
    delta = a_delta(users=[{"sourcedId": f"st-{number}", **GONE} for number in range(1, 8)])
    state = await district.load(delta)
    assert (state["status"], state["rows_applied"]) == ("refused", 0)
    assert "7 of 12 students" in state["refused_because"]
    assert await district.student("st-1") is not None
    assert await district.rows(models.roster_revisions) == []
    assert (await district.load(delta, force=True))["status"] == "done"
    assert await district.student("st-1") is None


async def test_who_stands_in_a_refused_row_of_a_bulk_file_stays_as_he_was(district: District) -> None:
    roster = Roster()
    roster.tables["academicSessions"] = [
        {"sourcedId": "y", "title": "Y", "type": "schoolYear", "schoolYear": "2027"}
        | {"startDate": "2026-07-01", "endDate": "2027-06-30"}
    ]
    await district.load(roster.zip())
    roster.row("users", "st-1")["enabledUser"] = "maybe"
    roster.row("demographics", "st-2")["sex"] = "F"
    roster.row("roles", "r-st-3-student-s-1")["role"] = "pupil"
    roster.row("orgs", "s-2")["type"] = "castle"
    roster.row("academicSessions", "y")["schoolYear"] = "26/27"
    state = await district.load(roster.zip())
    assert faults(state) == {
        ("users.csv", 2, "enabledUser"),
        ("demographics.csv", 3, "sex"),
        ("roles.csv", 4, "role"),
        ("orgs.csv", 4, "type"),
        ("academicSessions.csv", 2, "schoolYear"),
    }
    found = [await district.student(f"st-{number}") for number in (1, 2, 3, 12)]
    assert [f and (f["race_ethnicity"], f["school_ids"]) for f in found] == [("white", [s]) for s in ("s-1",) * 3] + [
        ("white", ["s-2"])
    ]
    assert len(await district.rows(models.academic_sessions)) == 1


async def test_a_blocked_account_is_no_leaver(district: District) -> None:
    roster = Roster()
    roster.row("users", "st-1")["enabledUser"] = "false"
    assert (await district.load(roster.zip()))["rows_rejected"] == 0
    assert await district.student("st-1") is not None


async def test_a_school_change_in_mid_year_takes_the_student_and_leaves_the_old_school(district: District) -> None:
    roster = Roster()
    await district.load(roster.zip())
    delta = a_delta(
        roles=[
            {**roster.row("roles", "r-st-1-student-s-1"), "endDate": "2026-11-20"},
            {"sourcedId": "r-2", "userSourcedId": "st-1", "role": "student", "orgSourcedId": "s-2"}
            | {"beginDate": "2026-11-21"},
        ]
    )
    assert (await district.load(delta))["rows_rejected"] == 0
    assert (await district.student("st-1") or {})["school_ids"] == ["s-2"]
    assert (await district.get("/v1/students/st-1", schools=["s-1"])).status_code == 404
    assert (await district.get("/v1/students/st-1", schools=["s-2"])).status_code == 200


async def test_a_leaver_s_referral_stays_and_a_returner_is_the_same_student(district: District) -> None:
    await district.load(Roster().zip())
    body = {"student_id": "st-1", "school_id": "s-1", "need": "grief", "urgency": "soon", "summary": "Sits alone."}
    async with district.service.client("counselor") as client:
        sent = await client.post("/v1/referrals", json=body)
        assert sent.status_code == 201, sent.text
        await district.load(a_delta(users=[{"sourcedId": "st-1", **GONE}]))
        assert await district.student("st-1") is None
        assert (await client.get(sent.headers["location"])).json()["student_id"] == "st-1"
        assert (await client.post("/v1/referrals", json=body)).status_code == 422  # no student of that school now
        back = {"sourcedId": "r-back", "userSourcedId": "st-1", "role": "student", "orgSourcedId": "s-2"}
        later = {"dateLastModified": "2026-11-21T06:00:00Z"}
        users = [{"sourcedId": "st-1", **NAME, "grades": "08", **later}]
        assert (await district.load(a_delta(users=users, roles=[back])))["rows_rejected"] == 0
        assert (await client.post("/v1/referrals", json={**body, "school_id": "s-2"})).status_code == 201
        listed = (await client.get("/v1/referrals")).json()["items"]
    assert [r["student_id"] for r in listed] == ["st-1"] * 2
    found = await district.student("st-1")
    assert found
    assert (found["school_ids"], found["grade"], found["race_ethnicity"]) == (["s-2"], "08", "white")


@pytest.mark.parametrize(
    ("role", "is_known"),
    [
        *((role, True) for role in ("aide", "counselor", "districtAdministrator", "guardian", "parent", "principal")),
        *((role, True) for role in ("proctor", "relative", "siteAdministrator", "systemAdministrator", "teacher")),
        *(("ext:schoolResourceOfficer", True), ("ext:a", True)),
        *((role, False) for role in ("administrator", "Teacher", "pupil", "ext:", "schoolResourceOfficer", "")),
    ],
)
async def test_a_role_is_of_oneroster_1_2_or_an_extension(district: District, role: str, is_known: bool) -> None:
    roster = Roster()
    roster.add_role("st-1", role, "s-1")
    state = await district.load(roster.zip())
    assert faults(state) == (set() if is_known else {("roles.csv", 14, "role")})
    assert any(row[3] == role for row in await district.rows(models.roster_roles)) == is_known


async def test_a_nul_or_an_endless_value_refuses_its_row_alone(district: District) -> None:
    roster = Roster()
    roster.row("users", "st-1")["givenName"] = "A\0na"
    roster.row("users", "st-2")["familyName"] = "x" * 1001
    roster.row("users", "st-3")["grades"] = "07\0"
    state = await district.load(roster.zip())
    said = {(e["line"], e["field"]): e["problem"] for e in state["errors"] if e["file"] == "users.csv"}
    assert said == {
        (2, "givenName"): "holds a NUL character",
        (3, "familyName"): "is too long",
        (4, "grades"): "holds a NUL character",
    }
    assert await district.student("st-4") is not None


async def test_lines_stay_right_behind_quoted_line_breaks_of_every_kind(district: District) -> None:
    roster = Roster()
    users = roster.tables["users"]
    users[:0] = [
        {"sourcedId": f"n-{number}", "familyName": "F", "givenName": f"A{end}B"}
        for number, end in enumerate(["\n", "\r\n", "\r", "\n\n\n"])
    ]  # lines 2-3, 4-5, 6-7 and 8-11
    roster.row("users", "st-1")["givenName"] = ""
    files = {**roster.files(), "users.csv": "\ufeff" + a_table("users", users)}
    assert ("users.csv", 12, "givenName") in faults(await district.load(a_zip(files)))


async def test_the_file_of_errors_holds_no_name_and_no_formula(district: District) -> None:
    roster = Roster()
    formula = '=HYPERLINK("http://example.org","Quillfeather")'
    roster.tables["users"] += [
        {"sourcedId": formula, "givenName": "", "familyName": "Quillfeather", "enabledUser": formula},
        {"sourcedId": formula, "givenName": "+1", "familyName": "@x", "grades": "-1", "status": formula},
    ]
    roster.add_role(formula, formula, formula, beginDate=formula)
    roster.add_role(formula, "student", "-1")
    state = await district.load(roster.zip())
    text = (await district.get(f"/v1/roster/imports/{state['import_id']}/errors.csv", "integration")).text
    cells = [cell.strip('"') for line in text.splitlines() for cell in line.split(",")]
    assert len(text.splitlines()) > 6
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in cells)
    assert "Quillfeather" not in text + str(state)


async def test_logs_tell_how_far_an_import_is_and_name_nobody(district: District) -> None:
    roster = Roster()
    roster.add_student("st-x", "s-1", given="Quillfeather", family="Quillfeather")
    roster.row("users", "st-1")["givenName"] = ""
    with capture_logs() as logs:
        await district.load(roster.zip())
    ended = next(line for line in logs if line["event"] == "roster_import_ended")
    assert (ended["rows_read"], ended["refused"]) == (42, False)
    assert "roster_import_begins" in {line["event"] for line in logs}
    assert "Quillfeather" not in str(logs)


async def test_a_file_in_latin_1_is_named_as_such_with_its_line(district: District) -> None:
    files = Roster().files()
    files["users.csv"] = str(files["users.csv"]).replace("Ana", "José").encode("latin-1")
    state = await district.load(a_zip({**files, "manifest.csv": a_manifest(dict.fromkeys(Roster().tables, "bulk"))}))
    assert state["refused_because"] == "users.csv is not UTF-8; line 2 looks like Latin-1 (Windows-1252)."
