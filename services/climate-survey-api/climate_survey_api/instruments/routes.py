"""Instruments over HTTP."""

from fastapi import APIRouter


def instrument_routes() -> APIRouter:
    """The routes."""
    return APIRouter(tags=["surveys"])
