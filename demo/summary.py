"""What a run prints at its end: what reporting says beside what was planted and sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from demo.client import Services
from demo.comparison import Difference, risk_ratio
from demo.tables import print_table
from demo.truth import STAGES, Group, Truth

REFERENCE = "white"
"""The group that the others are compared with."""
_MOST_SCHOOLS = 12
_MOST_DIFFERENCES = 5

Rows = Sequence[Mapping[str, Any]]


def print_stages(truth: Truth, rows: Rows) -> None:
    """The totals of the funnel."""
    shown = {row["stage"]: row for row in rows}
    sent = truth.sent_by("")
    lines = []
    for stage in STAGES:
        n = sent.get((None, stage), 0)
        row = shown.get(stage, {"n": 0, "per_100": None})
        verdict = "MATCH" if row["n"] == n else "DIFFERS"
        lines.append((stage, f"{n:,}", _count(row["n"]), _decimal(row["per_100"]), verdict))
    print_table("The funnel", ("stage", "sent", "reporting", "per 100 students", ""), lines)


def print_groups(truth: Truth, rows: Rows) -> None:
    """How often each race/ethnicity group is referred, and how much more often than the reference group.

    A rate is a draw from the planted one, so it lies near it; the interval says how near it can be expected.
    """
    shown = {row["race_ethnicity"]: row for row in rows if row["stage"] == "submitted"}
    planted_reference = truth.planted_rate(("race_ethnicity", REFERENCE))
    lines = []
    for group in truth.groups("race_ethnicity"):
        name, students = str(group[1]), truth.enrolled[group]
        row, planted = shown.get(name, {"n": 0, "per_100": None}), truth.planted_rate(group)
        rates = (f"{100 * planted:.1f}", _decimal(row["per_100"], 1))
        lines.append(
            (name, f"{students:,}", _count(row["n"]), *rates, *_ratios(truth, shown, group, planted_reference))
        )
    head = (
        "race/ethnicity",
        "students",
        "referred",
        "per 100, planted",
        "shown",
        "ratio, planted",
        "shown",
        "95 %",
        "",
    )
    print_table(f"Who is referred, beside {REFERENCE}", head, lines)
    print("  (a draw from what was planted: chance alone puts about one ratio in twenty outside its interval)")


def _ratios(
    truth: Truth, shown: Mapping[str, Mapping[str, Any]], group: Group, planted_reference: float
) -> tuple[str, str, str, str]:
    planted = truth.planted_rate(group) / planted_reference
    others: Group = ("race_ethnicity", REFERENCE)
    counts = [shown.get(str(g[1]), {"n": 0})["n"] or 0 for g in (group, others)]
    found = risk_ratio(counts[0], truth.enrolled[group], counts[1], truth.enrolled[others])
    if group == others or found is None:
        return f"{planted:.2f}", "", "", ""
    where = "inside" if found.low <= planted <= found.high else "outside"
    return f"{planted:.2f}", f"{found.ratio:.2f}", f"{found.low:.2f} to {found.high:.2f}", where


def print_contact_times(truth: Truth, rows: Rows) -> None:
    """How many were reached, by need, and how soon."""
    sent = truth.sent_by("need")
    lines = []
    for row in sorted(rows, key=lambda row: row["n"] or 0, reverse=True):
        n = sent.get((row["need"], "contacted"), 0)
        hours = (_decimal(row["median_hours"]), _decimal(row["p90_hours"]), _decimal(row["within_clock"]))
        lines.append((row["need"], f"{n:,}", _count(row["n"]), *hours, "MATCH" if row["n"] == n else "DIFFERS"))
    head = ("need", "reached, sent", "reporting", "median hours", "nine in ten", "within clock", "")
    print_table("How soon somebody reached them", head, lines)
    print(
        "  (no delay is made up: the service itself notes when a referral arrives, so here everybody is reached within"
        " the minute,\n   which is the finest that contact times tell apart)"
    )


def print_schools(truth: Truth, rows: Rows) -> None:
    """Each school's referrals, of the first few schools where there are many."""
    shown = {row["school_id"]: row for row in rows if row["stage"] == "submitted"}
    sent = truth.sent_by("school_id")
    lines = []
    for school in truth.district.schools[:_MOST_SCHOOLS]:
        n = sent.get((school.school_id, "submitted"), 0)
        row = shown.get(school.school_id, {"n": 0, "per_100": None})
        rate = f"{100 * truth.planted_rate(('school_id', school.school_id)):.1f}" if school.students else ""
        verdict = "MATCH" if row["n"] == n else "DIFFERS"
        lines.append(
            (
                school.name,
                f"{school.students:,}",
                f"{n:,}",
                _count(row["n"]),
                rate,
                _decimal(row["per_100"], 1),
                verdict,
            )
        )
    head = ("school", "students", "sent", "reporting", "per 100, planted", "shown", "")
    print_table("School by school", head, lines)
    if len(truth.district.schools) > _MOST_SCHOOLS:
        print(f"  … and {len(truth.district.schools) - _MOST_SCHOOLS:,} more schools")


def print_verdict(found: Mapping[str, Sequence[Difference]], lag: int) -> bool:
    """Whether nothing that was sent is missing in any breakdown, and which counts are not what was sent."""
    if lag:
        print(f"\nReporting is {lag:,} records behind and does not move.")
    wrong = {key: these for key, these in found.items() if these}
    if not wrong:
        print(f"\nMATCH: every count, also by {', '.join(filter(None, found))}, is exactly what was sent.")
        return True
    missing = any((one.shown or 0) < one.sent for these in wrong.values() for one in these)
    if missing:
        print("\nDIFFERS: reporting does not say what this program sent.")
    else:
        print("\nMORE: reporting has all that this program sent, and more: referrals that you sent yourself.")
    for key, these in wrong.items():
        print(f"  by {key or 'stage'}: {len(these):,} counts differ")
        for one in sorted(these, key=lambda one: STAGES.index(one.stage))[:_MOST_DIFFERENCES]:
            print(
                f"    {'' if one.value is None else f'{one.value} '}{one.stage}: sent {one.sent}, reporting {one.shown}"
            )
    return not missing


def print_next(truth: Truth, services: Services, home: str) -> None:
    """Where to look, and what to try."""
    year, at_home = truth.school_year, "" if home == "var" else f" HOME_DIR={home}"

    def token(who: str) -> str:
        return f"$(make -s token {who} DISTRICT={truth.district.district_id}{at_home})"

    counselor, everyone = token("ROLE=counselor SUB=me SCHOOLS=s-1"), token("ROLE=district_admin SUB=me")
    referrals, registry, reporting = services.referral_api, services.training_registry, services.reporting
    officer = truth.training.an_opener
    badge = token(f"ROLE=officer SUB={officer.officer_id} SCHOOLS={officer.school.school_id}")
    student_id = next(truth.district.students(officer.school)).student_id
    body = '{"student_id": "st-000001", "school_id": "s-1", "need": "grief", "urgency": "soon", "summary": "Quiet."}'
    print(f"""
Open     {referrals}/docs   {services.climate_survey_api}/docs   {registry}/docs   {reporting}/docs
Ask      curl -sH "Authorization: Bearer {everyone}" \\
           '{reporting}/v1/views/referral-funnel?school_year={year}&by=race_ethnicity,sex'
Look up  curl -sH "Authorization: Bearer {counselor}" \\
           '{referrals}/v1/referrals?limit=3'
Refer    curl -sH "Authorization: Bearer {counselor}" -H 'Content-Type: application/json' \\
           {referrals}/v1/referrals -d '{body}'
         (ask again: reporting counts it at once, and the next `make demo` will say that it does)
Officer  curl -sH "Authorization: Bearer {badge}" -H 'Purpose-Of-Use: school_official_duty' \\
           {referrals}/v1/students/{student_id}
         (he has all three keys: training, an agreement, a purpose; without the purpose the record stays closed)""")


def _count(n: int | None) -> str:
    return "hidden" if n is None else f"{n:,}"


def _decimal(rate: float | None, digits: int = 2) -> str:
    return "" if rate is None else f"{rate:.{digits}f}"
