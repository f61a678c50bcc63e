"""Access codes over HTTP: made, voided, counted."""

from fastapi import APIRouter

from climate_survey_api.access_codes import views as views


def access_code_routes(public_url: str) -> APIRouter:
    """The routes; respondents reach the service at `public_url`."""
    return APIRouter(tags=["surveys"])
