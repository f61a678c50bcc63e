"""Answers over HTTP, for apps."""

from fastapi import APIRouter

from climate_survey_api.doors import Doors


def response_routes(doors: Doors) -> APIRouter:
    """The routes; `doors` slow down those who guess."""
    return APIRouter(tags=["answering"])
