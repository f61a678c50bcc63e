"""The tables that a rebuild makes anew, in the order in which it takes them."""

from collections.abc import Callable

from sqlalchemy import Table

from reporting.models.referrals import (
    CONTACT_TIMES,
    FUNNEL,
    contact_times,
    enrollment,
    enrollment_changes,
    enrollment_margins,
    enrollment_versions,
    referral_funnel,
    students_referred,
)
from reporting.models.surveys import survey_closings, survey_counts, survey_openings, survey_progress, survey_results
from reporting.models.training import (
    activities,
    drill_quota_versions,
    drill_quotas,
    drills,
    officer_standings,
    officer_steps,
    officer_terms,
)

Target = Callable[[Table], Table]
"""Where a table's rows go: a rebuild writes beside the tables that serve."""

REBUILT = (
    referral_funnel,
    contact_times,
    students_referred,
    enrollment,
    enrollment_versions,
    # In the order in which whoever rolls takes them: rows of what is pending, then margins; the enrolment's margins all
    # at once, then the row that says what they know. So a rebuild waits for him to end, and never he for it as well.
    *(table for fact in (FUNNEL, CONTACT_TIMES) for table in (fact.pending, fact.margins)),
    enrollment_margins,
    enrollment_changes,
    activities,
    drills,
    officer_standings,
    officer_steps,
    officer_terms,
    drill_quota_versions,
    drill_quotas,
    survey_openings,
    survey_closings,
    survey_progress,
    survey_counts,
    survey_results,
)
"""The tables that a rebuild makes anew from the log."""
