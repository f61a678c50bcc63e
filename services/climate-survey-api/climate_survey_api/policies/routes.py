"""The district's rules for surveys over HTTP."""

from fastapi import APIRouter


def policy_routes() -> APIRouter:
    """The routes."""
    return APIRouter(tags=["surveys"])
