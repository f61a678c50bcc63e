"""Administrations over HTTP: planned, opened, closed, followed."""

from datetime import tzinfo

from fastapi import APIRouter

from climate_survey_api.changes import OnClosing, OnOpening


def administration_routes(zone: tzinfo, on_opening: OnOpening, on_closing: OnClosing) -> APIRouter:
    """The routes; a day begins in `zone`."""
    return APIRouter(tags=["surveys"])
