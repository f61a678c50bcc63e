"""Every table of the views: sums, latest values and sets only, so that nothing depends on where a batch ends.

A school is a number here. A file of tables for each topic, or for two that are counted alike; `rebuilt` lists them all.
"""

from reporting.models.rebuilt import REBUILT, Target
from reporting.models.referrals import (
    CONTACT_TIMES,
    ENROLLMENT_KEPT,
    FUNNEL,
    Fact,
    contact_times,
    enrollment,
    enrollment_changes,
    enrollment_margins,
    enrollment_versions,
    places,
    referral_funnel,
    students_referred,
)
from reporting.models.surveys import (
    survey_closings,
    survey_counts,
    survey_openings,
    survey_progress,
    survey_results,
)
from reporting.models.training import (
    activities,
    drill_quota_versions,
    drill_quotas,
    drills,
    officer_standings,
    officer_steps,
    officer_terms,
)

__all__ = [
    "CONTACT_TIMES",
    "ENROLLMENT_KEPT",
    "FUNNEL",
    "REBUILT",
    "Fact",
    "Target",
    "activities",
    "contact_times",
    "drill_quota_versions",
    "drill_quotas",
    "drills",
    "enrollment",
    "enrollment_changes",
    "enrollment_margins",
    "enrollment_versions",
    "officer_standings",
    "officer_steps",
    "officer_terms",
    "places",
    "referral_funnel",
    "students_referred",
    "survey_closings",
    "survey_counts",
    "survey_openings",
    "survey_progress",
    "survey_results",
]
