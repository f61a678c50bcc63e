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
    DISCLOSURES_REVIEW = "disclosures.review"
    """Say as a second person whether a disclosure in an emergency was right."""
    OFFICERS_KEEP = "officers.keep"
    """Write down who the officers are and where they are assigned."""
    OFFICERS_READ = "officers.read"
    """See them: an officer himself only."""
    EVALUATIONS_RECORD = "evaluations.record"
    """Give a school's part of an officer's yearly evaluation."""
    EVALUATIONS_READ = "evaluations.read"
    """Read the evaluations of the officers of one's schools."""
    AGREEMENTS_KEEP = "agreements.keep"
    """Write, sign for the record and end agreements with agencies."""
    AGREEMENTS_READ = "agreements.read"
    """Read them: what officers may and may not do is no secret within the district."""
    REQUIREMENTS_KEEP = "requirements.keep"
    """Take training rules on, change and withdraw them."""
    REQUIREMENTS_READ = "requirements.read"
    """Read them, and the rules that are shipped."""
    COMPLETIONS_RECORD = "completions.record"
    """Record, approve, correct and revoke what officers have completed: never one's own."""
    COMPLETIONS_READ = "completions.read"
    """See completions: an officer his own only."""
    STANDING_READ = "standing.read"
    """See how an officer stands: he himself, and who answers for him."""
    CREDENTIALS_READ = "credentials.read"
    """Get a credential itself: an officer his own."""
    CREDENTIALS_VERIFY = "credentials.verify"
    """See whether a credential holds, and the keys and lists that this is found out with: open to everybody."""
    CREDENTIAL_KEYS_ROTATE = "credential_keys.rotate"
    """Sign with a new key from now on."""
    ACTIVITIES_LOG = "activities.log"
    """Log what an officer did: an officer his own."""
    ACTIVITIES_READ = "activities.read"
    """See the entries one by one: an officer his own."""
    DRILLS_RECORD = "drills.record"
    """Record a safety drill of one's school."""
    DRILLS_READ = "drills.read"
    """See the drills of one's schools, and how many are asked for."""
    DRILL_QUOTAS_SET = "drill_quotas.set"
    """Say how many drills the schools are to hold."""
    INSTRUMENTS_READ = "instruments.read"
    """See what surveys can ask, the shipped ones too."""
    INSTRUMENTS_KEEP = "instruments.keep"
    """Write a survey of the district's own."""
    SURVEYS_PLAN = "surveys.plan"
    """Plan, open and close surveys, and record who may not be asked."""
    SURVEYS_FOLLOW = "surveys.follow"
    """See the plans, and how many have answered by now."""
    ACCESS_CODES_MAKE = "access_codes.make"
    """Make access codes for one's schools: whoever makes them sees them, once."""
    SURVEYS_ANSWER = "surveys.answer"
    """Answer with an access code: it takes no token."""
    SURVEYS_PREVIEW = "surveys.preview"
    """See what a survey asks and how many have answered: open to everybody, parents above all."""
    SURVEY_RESULTS_READ = "survey_results.read"
    """See what a closed survey found, small cells suppressed for all."""
    SURVEY_COMMENTS_REVIEW = "survey_comments.review"
    """Read what respondents wrote before anyone else does; the district names its trained readers one by one."""
    SURVEY_COMMENTS_READ = "survey_comments.read"
    """Read what a reader has released."""
    SURVEY_POLICY_READ = "survey_policy.read"
    """See the district's rules for surveys."""
    SURVEY_POLICY_SET = "survey_policy.set"
    """Change them."""
    HELP_ASK = "help.ask"
    """Ask to talk to an adult: it takes no token."""
    HELP_REQUESTS_WORK = "help_requests.work"
    """Read who asked to talk to an adult at one's school, and see to it."""


_P = Permission

PUBLIC = frozenset({_P.CREDENTIALS_VERIFY, _P.SURVEYS_ANSWER, _P.SURVEYS_PREVIEW, _P.HELP_ASK})
"""What nobody needs a token for."""

_OF_SURVEYS = frozenset(
    {_P.INSTRUMENTS_READ, _P.SURVEYS_FOLLOW, _P.SURVEY_POLICY_READ, _P.SURVEY_RESULTS_READ, _P.SURVEY_COMMENTS_READ}
)
"""What everybody may see who answers for what surveys find."""

_OF_THE_PROGRAMME = frozenset({_P.AGREEMENTS_READ, _P.REQUIREMENTS_READ})
"""What everybody in the district may know of the programme."""

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        # The role alone opens no student's record to an officer: it takes an agreement, training and a purpose too.
        Role.OFFICER: _OF_THE_PROGRAMME
        | {
            _P.CALENDAR_READ,
            _P.SCHOOLS_READ,
            _P.STUDENTS_READ,
            _P.REFERRALS_SUBMIT,
            _P.REFERRALS_READ,
            _P.REFERRALS_MOVE,
            _P.OFFICERS_READ,
            _P.COMPLETIONS_READ,
            _P.STANDING_READ,
            _P.CREDENTIALS_READ,
            _P.ACTIVITIES_LOG,
            _P.ACTIVITIES_READ,
            _P.DRILLS_RECORD,
            _P.DRILLS_READ,
        },
        Role.STAFF: _OF_THE_PROGRAMME
        | {_P.CALENDAR_READ, _P.SCHOOLS_READ, _P.REFERRALS_SUBMIT, _P.REFERRALS_READ, _P.REFERRALS_MOVE},
        Role.COUNSELOR: _OF_THE_PROGRAMME
        | _OF_SURVEYS
        | {
            _P.SURVEY_COMMENTS_REVIEW,
            _P.HELP_REQUESTS_WORK,
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
        },
        Role.ADMINISTRATOR: _OF_THE_PROGRAMME
        | _OF_SURVEYS
        | {
            _P.ACCESS_CODES_MAKE,
            _P.SURVEY_COMMENTS_REVIEW,
            _P.HELP_REQUESTS_WORK,
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
            _P.DISCLOSURES_REVIEW,
            _P.OFFICERS_READ,
            _P.EVALUATIONS_RECORD,
            _P.EVALUATIONS_READ,
            _P.COMPLETIONS_READ,
            _P.STANDING_READ,
            _P.CREDENTIALS_READ,
            _P.ACTIVITIES_READ,
            _P.DRILLS_RECORD,
            _P.DRILLS_READ,
        },
        # Outside the school: a provider knows what was referred to it, not who else goes there.
        Role.PROVIDER: frozenset({_P.REFERRALS_READ, _P.REFERRALS_MOVE, _P.REFERRALS_CONTACT, _P.REFERRALS_FEEDBACK}),
        # Runs the district's data, not its casework: referrals are not open to it.
        Role.DISTRICT_ADMIN: _OF_THE_PROGRAMME
        | _OF_SURVEYS
        | {
            _P.INSTRUMENTS_KEEP,
            _P.SURVEYS_PLAN,
            _P.ACCESS_CODES_MAKE,
            _P.SURVEY_COMMENTS_REVIEW,
            _P.SURVEY_POLICY_SET,
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
            _P.DISCLOSURES_REVIEW,
            _P.OFFICERS_READ,
            _P.EVALUATIONS_RECORD,
            _P.EVALUATIONS_READ,
            _P.COMPLETIONS_READ,
            _P.STANDING_READ,
            _P.CREDENTIALS_READ,
            _P.ACTIVITIES_READ,
            _P.DRILLS_RECORD,
            _P.DRILLS_READ,
            _P.OFFICERS_KEEP,
            _P.AGREEMENTS_KEEP,
            _P.REQUIREMENTS_KEEP,
            _P.COMPLETIONS_RECORD,
            _P.CREDENTIAL_KEYS_ROTATE,
            _P.ACTIVITIES_LOG,
            _P.DRILL_QUOTAS_SET,
        },
        Role.ANALYST: _OF_THE_PROGRAMME
        | _OF_SURVEYS
        | {_P.CALENDAR_READ, _P.SCHOOLS_READ, _P.VIEWS_READ, _P.FRESHNESS_READ},
        # A machine that brings the roster; it may see which schools arrived.
        Role.INTEGRATION: frozenset({_P.ROSTER_IMPORT, _P.CALENDAR_READ, _P.SCHOOLS_READ}),
    }
)
