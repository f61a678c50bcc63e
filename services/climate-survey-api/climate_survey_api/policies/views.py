"""What can be read of the district's rules for surveys."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import Row, select

from climate_survey_api.policies.models import survey_policy_versions
from climate_survey_api.policies.rules import DEFAULT_HELPLINE, SurveyPolicy
from shared.db import ReadSession
from shared.events.base import Instant

NEVER_SET = 0
"""The version of the rules where the district has set none: those that are shipped."""
EXAMPLE: dict[str, JsonValue] = {
    "minimum": 10,
    "open_text_minimum": 10,
    "notice_days": 14,
    "helpline": dict(DEFAULT_HELPLINE),
    "comment_readers": ["counselor-7"],
}
_V = survey_policy_versions.c


class SurveyPolicyView(BaseModel):
    """A district's rules for its surveys, after one change of them."""

    version: int = Field(description="Grows with every change; the `ETag`. 0: the district has set none.")
    minimum: int = Field(description="Respondents under which a figure is suppressed, for everybody.")
    open_text_minimum: int = Field(description="Respondents who wrote, under which their comments are withheld.")
    notice_days: int = Field(description="Days between notice to parents and a survey with protected items.")
    helpline: Mapping[str, str] = Field(description="What respondents are told at the end, by language.")
    comment_readers: list[str] = Field(
        description="Those trained to read comments, by the `sub` of their tokens; not checked against their roles."
    )
    recorded_at: Instant | None = Field(description="Null: the district has set none.")
    recorded_by: str | None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [EXAMPLE | {"version": 1, "recorded_at": "2026-11-02T09:00:00Z", "recorded_by": "a-1"}]
        }
    )

    def policy(self) -> SurveyPolicy:
        """The rules as they are worked with."""
        return SurveyPolicy(
            minimum=self.minimum,
            open_text_minimum=self.open_text_minimum,
            notice_days=self.notice_days,
            helpline=MappingProxyType(dict(self.helpline)),
            comment_readers=frozenset(self.comment_readers),
        )


async def policy_of(session: ReadSession, district_id: str) -> SurveyPolicy:
    """The rules that hold now; the shipped ones where the district has set none."""
    return (await find_policy(session, district_id)).policy()


async def find_policy(session: ReadSession, district_id: str) -> SurveyPolicyView:
    """The rules that hold now, with who set them when."""
    newest = await policy_versions(session, district_id, before=None, limit=1)
    return newest[0] if newest else _shipped()


async def policy_versions(
    session: ReadSession, district_id: str, *, before: int | None, limit: int
) -> list[SurveyPolicyView]:
    """What each change left, newest first."""
    wanted = select(survey_policy_versions).where(_V.district_id == district_id)
    if before is not None:
        wanted = wanted.where(_V.version < before)
    rows = await session.execute(wanted.order_by(_V.version.desc()).limit(limit))
    return [_view_of(row) for row in rows]


def _view_of(row: Row[Any]) -> SurveyPolicyView:
    told = orjson.loads(row.policy)
    return SurveyPolicyView(**told, version=row.version, recorded_at=row.recorded_at, recorded_by=row.recorded_by)


def _shipped() -> SurveyPolicyView:
    shipped = SurveyPolicy()
    return SurveyPolicyView(
        version=NEVER_SET,
        minimum=shipped.minimum,
        open_text_minimum=shipped.open_text_minimum,
        notice_days=shipped.notice_days,
        helpline=shipped.helpline,
        comment_readers=sorted(shipped.comment_readers),
        recorded_at=None,
        recorded_by=None,
    )
