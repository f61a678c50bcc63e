"""The one table of who may do what. What it does not name is denied.

A permission opens a kind of request. Which schools, districts and referrals it reaches is decided after it, by the
caller's schools and by the noun's own rules.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.auth.caller import Role


class Permission(StrEnum):
    """What a route asks for; each route names one."""

    ROSTER_IMPORT = "roster.import"
    """Load a roster and follow its import."""
    CALENDAR_READ = "calendar.read"
    """See the school time that clocks run in."""
    CALENDAR_SET = "calendar.set"
    """Change it."""
    SCHOOLS_READ = "schools.read"
    """See the schools by name."""
    STUDENTS_READ = "students.read"
    """Open one student's record: a disclosure."""
    STUDENTS_LIST = "students.list"
    """Search and list students by name."""
    REFERRALS_SUBMIT = "referrals.submit"
    """Refer a student."""
    REFERRALS_READ = "referrals.read"
    """Read referrals: in full or by status only, as the referral's rules say."""
    REFERRALS_MOVE = "referrals.move"
    """Take a referral from one state to another; the referrer may only cancel his own."""
    REFERRALS_CONTACT = "referrals.contact"
    """Note an attempt to reach the family."""
    REFERRALS_CONSENT = "referrals.consent"
    """Record whether a parent agreed that a referral goes beyond the school: never for the provider who wants it."""
    REFERRALS_FEEDBACK = "referrals.feedback"
    """Tell the referrer how it went."""
    REFERRALS_MERGE = "referrals.merge"
    """Say that two referrals of a student are about one need: for who may know both."""
    VIEWS_READ = "views.read"
    """See reporting's counts, small ones suppressed."""
    VIEWS_SMALL_CELLS = "views.small_cells"
    """See the small counts of one's own schools too: for those who know the students anyway."""
    FRESHNESS_READ = "freshness.read"
    """See how far reporting has come."""
    DISCLOSURES_READ = "disclosures.read"
    """Read the ledger of who was shown a student's record (34 CFR 99.32)."""


_P = Permission

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        # An officer opens no student record: that takes an agreement, training and a purpose, which a role is not.
        Role.OFFICER: frozenset(
            {_P.CALENDAR_READ, _P.SCHOOLS_READ, _P.REFERRALS_SUBMIT, _P.REFERRALS_READ, _P.REFERRALS_MOVE}
        ),
        Role.STAFF: frozenset(
            {_P.CALENDAR_READ, _P.SCHOOLS_READ, _P.REFERRALS_SUBMIT, _P.REFERRALS_READ, _P.REFERRALS_MOVE}
        ),
        Role.COUNSELOR: frozenset(
            {
                _P.CALENDAR_READ,
                _P.SCHOOLS_READ,
                _P.STUDENTS_READ,
                _P.STUDENTS_LIST,
                _P.REFERRALS_SUBMIT,
                _P.REFERRALS_READ,
                _P.REFERRALS_MOVE,
                _P.REFERRALS_CONTACT,
                _P.REFERRALS_CONSENT,
                _P.REFERRALS_FEEDBACK,
                _P.REFERRALS_MERGE,
                _P.VIEWS_READ,
                _P.VIEWS_SMALL_CELLS,
                _P.FRESHNESS_READ,
            }
        ),
        Role.ADMINISTRATOR: frozenset(
            {
                _P.CALENDAR_READ,
                _P.SCHOOLS_READ,
                _P.STUDENTS_READ,
                _P.STUDENTS_LIST,
                _P.REFERRALS_SUBMIT,
                _P.REFERRALS_READ,
                _P.REFERRALS_MOVE,
                _P.REFERRALS_CONTACT,
                _P.REFERRALS_CONSENT,
                _P.REFERRALS_FEEDBACK,
                _P.REFERRALS_MERGE,
                _P.VIEWS_READ,
                _P.VIEWS_SMALL_CELLS,
                _P.FRESHNESS_READ,
                _P.DISCLOSURES_READ,
            }
        ),
        # Outside the school: a provider knows what was referred to it, not who else goes there.
        Role.PROVIDER: frozenset({_P.REFERRALS_READ, _P.REFERRALS_MOVE, _P.REFERRALS_CONTACT, _P.REFERRALS_FEEDBACK}),
        # Runs the district's data, not its casework: referrals are not open to it.
        Role.DISTRICT_ADMIN: frozenset(
            {
                _P.ROSTER_IMPORT,
                _P.CALENDAR_READ,
                _P.CALENDAR_SET,
                _P.SCHOOLS_READ,
                _P.STUDENTS_READ,
                _P.STUDENTS_LIST,
                _P.VIEWS_READ,
                _P.VIEWS_SMALL_CELLS,
                _P.FRESHNESS_READ,
                _P.DISCLOSURES_READ,
            }
        ),
        Role.ANALYST: frozenset({_P.CALENDAR_READ, _P.SCHOOLS_READ, _P.VIEWS_READ, _P.FRESHNESS_READ}),
        # A machine that brings the roster; it may see which schools arrived.
        Role.INTEGRATION: frozenset({_P.ROSTER_IMPORT, _P.CALENDAR_READ, _P.SCHOOLS_READ}),
    }
)
