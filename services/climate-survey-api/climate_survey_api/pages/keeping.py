"""What a respondent's own device keeps of his draft, and for how long: one cookie that no other address is sent."""

from datetime import datetime

from fastapi import Response

from climate_survey_api.pages.drafts import COOKIE
from climate_survey_api.pages.surroundings import Surroundings


def keep(
    answer: Response, surroundings: Surroundings, form_path: str, sealed: str, *, until: datetime, now: datetime
) -> None:
    """Have the device keep a sealed draft until the survey closes; no script reads it, no other site sends it."""
    left = max(0, int((until - now).total_seconds()))
    answer.set_cookie(
        COOKIE,
        sealed,
        max_age=left,
        path=f"{surroundings.base}{form_path}",
        secure=surroundings.is_https,
        httponly=True,
        samesite="strict",
    )


def forget(answer: Response, surroundings: Surroundings, form_path: str) -> None:
    """Have the device forget it."""
    answer.delete_cookie(
        COOKIE,
        path=f"{surroundings.base}{form_path}",
        secure=surroundings.is_https,
        httponly=True,
        samesite="strict",
    )
