"""What a closed survey found, over HTTP."""

from fastapi import APIRouter


def result_routes() -> APIRouter:
    """The routes."""
    return APIRouter(tags=["results"])
