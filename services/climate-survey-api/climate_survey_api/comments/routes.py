"""Comments over HTTP: read, released, withheld."""

from fastapi import APIRouter


def comment_routes() -> APIRouter:
    """The routes."""
    return APIRouter(tags=["surveys"])
