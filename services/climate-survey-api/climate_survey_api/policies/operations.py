"""What can be done to the district's rules for surveys: they are set, as a whole."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from sqlalchemy import insert, select, update

from climate_survey_api.policies.models import survey_policies, survey_policy_versions
from climate_survey_api.policies.rules import DEFAULT_HELPLINE, FLOOR, OPEN_TEXT_FLOOR, SurveyPolicy
from climate_survey_api.policies.views import EXAMPLE, NEVER_SET, SurveyPolicyView, find_policy
from climate_survey_api.texts import Texts
from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.db import Session
from shared.http.bodies import SourcedId, StrictBody
from shared.http.etags import ensure_match

MOST_RESPONDENTS = 100
MOST_NOTICE_DAYS = 90
MOST_READERS = 200
_SHIPPED = SurveyPolicy()


def _each_once(readers: list[str]) -> list[str]:
    if len(set(readers)) < len(readers):
        raise ValueError("names one twice")
    return readers


class SetSurveyPolicy(StrictBody):
    """The district's rules for its surveys, all of them: what is left out is as it is shipped."""

    minimum: int = Field(
        _SHIPPED.minimum,
        ge=FLOOR,
        le=MOST_RESPONDENTS,
        description="Respondents under which a figure is suppressed, for everybody. Holds for surveys counted later.",
    )
    open_text_minimum: int = Field(
        _SHIPPED.open_text_minimum,
        ge=OPEN_TEXT_FLOOR,
        le=MOST_RESPONDENTS,
        description="Respondents of a unit who wrote something, under which their comments are withheld.",
    )
    notice_days: int = Field(
        _SHIPPED.notice_days,
        ge=0,
        le=MOST_NOTICE_DAYS,
        description="Days that must lie between notice to parents and the opening of a survey with protected items.",
    )
    helpline: Texts = Field(dict(DEFAULT_HELPLINE), description="What respondents are told at the end, by language.")
    comment_readers: Annotated[list[SourcedId], AfterValidator(_each_once)] = Field(
        [],
        max_length=MOST_READERS,
        description="Those trained to read comments before anyone else, by the `sub` of their tokens. A role comes "
        "with a token, so none is checked here: in the role `counselor`, `administrator` or `district_admin` they may "
        "read, in any other they stay refused (403).",
    )

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})


async def set_survey_policy(
    session: Session, command: SetSurveyPolicy, *, caller: Caller, if_match: str | None, now: datetime
) -> SurveyPolicyView:
    """These rules hold from now on, for surveys that run as well. The same again changes nothing.

    Raises: ChangedMeanwhile.
    """
    version = await _to_change(session, caller.district_id)
    ensure_match(if_match, version)
    before = await find_policy(session, caller.district_id)
    after = SurveyPolicyView(**command.model_dump(), version=version + 1, recorded_at=now, recorded_by=caller.sub)
    if version != NEVER_SET and before.policy() == after.policy():
        return before
    await session.execute(
        insert(survey_policy_versions).values(
            district_id=caller.district_id,
            version=after.version,
            policy=command.model_dump_json(),
            recorded_at=now,
            recorded_by=caller.sub,
        )
    )
    its_row = survey_policies.c.district_id == caller.district_id
    await session.execute(update(survey_policies).where(its_row).values(version=after.version))
    return after


async def _to_change(session: Session, district_id: str) -> int:
    """The number of the newest version; locked until the transaction ends, a first one too."""
    columns = ("district_id", "version")
    await bulk_upsert(session, survey_policies, columns, [(district_id, NEVER_SET)], on_conflict="ignore")
    locked = select(survey_policies.c.version).where(survey_policies.c.district_id == district_id).with_for_update()
    return int((await session.execute(locked)).scalar_one())
