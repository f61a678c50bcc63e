"""The table of permissions, role by role: what is not named here must stay denied."""

import pytest

from shared.auth import PERMISSIONS, Caller, Permission, Role

P = Permission
ALLOWED = {
    P.ROSTER_IMPORT: "integration district_admin",
    P.CALENDAR_READ: "officer staff counselor administrator district_admin analyst integration",
    P.CALENDAR_SET: "district_admin",
    P.SCHOOLS_READ: "officer staff counselor administrator district_admin analyst integration",
    P.STUDENTS_READ: "officer counselor administrator district_admin",
    P.STUDENTS_LIST: "counselor administrator district_admin",
    P.REFERRALS_SUBMIT: "officer staff counselor administrator",
    P.REFERRALS_READ: "officer staff counselor administrator provider",
    P.REFERRALS_MOVE: "officer staff counselor administrator provider",
    P.REFERRALS_CONTACT: "counselor administrator provider",
    P.REFERRALS_CONSENT: "counselor administrator",
    P.REFERRALS_FEEDBACK: "counselor administrator provider",
    P.REFERRALS_MERGE: "counselor administrator",
    P.VIEWS_READ: "counselor administrator district_admin analyst",
    P.VIEWS_SMALL_CELLS: "counselor administrator district_admin",
    P.FRESHNESS_READ: "counselor administrator district_admin analyst",
    P.DISCLOSURES_READ: "administrator district_admin",
    P.DISCLOSURES_REVIEW: "administrator district_admin",
    P.OFFICERS_KEEP: "district_admin",
    P.OFFICERS_READ: "officer administrator district_admin",
    P.EVALUATIONS_RECORD: "administrator district_admin",
    P.EVALUATIONS_READ: "administrator district_admin",
    P.AGREEMENTS_KEEP: "district_admin",
    P.AGREEMENTS_READ: "officer staff counselor administrator district_admin analyst",
    P.REQUIREMENTS_KEEP: "district_admin",
    P.REQUIREMENTS_READ: "officer staff counselor administrator district_admin analyst",
    P.COMPLETIONS_RECORD: "district_admin",
    P.COMPLETIONS_READ: "officer administrator district_admin",
    P.STANDING_READ: "officer administrator district_admin",
    P.CREDENTIALS_READ: "officer administrator district_admin",
    P.CREDENTIALS_VERIFY: "",
    P.CREDENTIAL_KEYS_ROTATE: "district_admin",
    P.ACTIVITIES_LOG: "officer district_admin",
    P.ACTIVITIES_READ: "officer administrator district_admin",
    P.DRILLS_RECORD: "officer administrator district_admin",
    P.DRILLS_READ: "officer administrator district_admin",
    P.DRILL_QUOTAS_SET: "district_admin",
    P.INSTRUMENTS_READ: "counselor administrator district_admin analyst",
    P.INSTRUMENTS_KEEP: "district_admin",
    P.SURVEYS_PLAN: "district_admin",
    P.SURVEYS_FOLLOW: "counselor administrator district_admin analyst",
    P.ACCESS_CODES_MAKE: "administrator district_admin",
    P.SURVEYS_ANSWER: "",
    P.SURVEYS_PREVIEW: "",
    P.SURVEY_RESULTS_READ: "counselor administrator district_admin analyst",
    P.SURVEY_COMMENTS_REVIEW: "counselor administrator district_admin",
    P.SURVEY_COMMENTS_READ: "counselor administrator district_admin analyst",
    P.SURVEY_POLICY_READ: "counselor administrator district_admin analyst",
    P.SURVEY_POLICY_SET: "district_admin",
    P.HELP_ASK: "",
    P.HELP_REQUESTS_WORK: "counselor administrator",
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_has_exactly_the_permissions_it_is_meant_to_have(role: Role, permission: Permission) -> None:
    assert (permission in PERMISSIONS[role]) == (role in ALLOWED[permission].split())


def test_every_role_has_a_row_so_that_no_lookup_fails() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_the_table_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(TypeError):
        PERMISSIONS[Role.PROVIDER] = frozenset(Permission)  # type: ignore[index]


def test_who_may_see_small_counts_may_open_the_records_behind_them() -> None:
    for role, permissions in PERMISSIONS.items():
        assert P.VIEWS_SMALL_CELLS not in permissions or P.STUDENTS_READ in permissions, role


@pytest.mark.parametrize(
    ("school_ids", "sees"),
    [(None, True), (frozenset(), False), (frozenset({"s-2"}), False), (frozenset({"s-1"}), True)],
)
def test_a_caller_sees_all_schools_only_when_his_token_names_none(
    school_ids: frozenset[str] | None, sees: bool
) -> None:
    assert Caller("c-1", "demo", Role.COUNSELOR, school_ids).sees_school("s-1") is sees
