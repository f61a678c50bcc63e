"""Facts on the topic `surveys`: climate surveys that ran, and what they found. Announced by climate-survey-api.

No single answer is ever told. While a survey runs, only how many codes of a school and group were used by the end of
a day; once it is counted, sums and histograms of what enough people answered.
"""

from shared.events.surveys.groups import RespondentGroup, SurveyFacet, SurveyMode
from shared.events.surveys.help import HelpRequested
from shared.events.surveys.results import AnswerSums, ResultRow, SurveyResultsCounted
from shared.events.surveys.running import SurveyClosed, SurveyOpened, SurveyProgressed, UnitInvited, UnitUsed

__all__ = [
    "AnswerSums",
    "HelpRequested",
    "RespondentGroup",
    "ResultRow",
    "SurveyClosed",
    "SurveyFacet",
    "SurveyMode",
    "SurveyOpened",
    "SurveyProgressed",
    "SurveyResultsCounted",
    "UnitInvited",
    "UnitUsed",
]
