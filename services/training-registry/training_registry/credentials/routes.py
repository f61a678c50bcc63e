"""Credentials, and what anybody needs to verify one over HTTP."""

from datetime import tzinfo

from fastapi import APIRouter


def credential_routes(public_url: str, zone: tzinfo) -> APIRouter:
    """The routes; `public_url` is where everybody reaches them."""
    del public_url, zone
    return APIRouter(prefix="/v1", tags=["credentials"])
