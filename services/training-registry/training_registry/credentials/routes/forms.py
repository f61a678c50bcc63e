"""The forms in which credentials are answered, and what OpenAPI tells of each."""

from typing import Any

from training_registry.credentials.examples import JWT
from training_registry.credentials.pages import GUARDS
from training_registry.credentials.pages import MEDIA_TYPE as PAGE

JSON = "application/json"
SIGNED = "application/vc+jwt"
"""Source: Securing Verifiable Credentials using JOSE and COSE, 6.1."""

VARIES = {"Vary": "Accept"}
SHARED = {"Access-Control-Allow-Origin": "*"}
"""Verifiers are web pages of others too, whose browser lets them read only what says so. It is open to everybody."""

SIGNED_CONTENT: dict[str, Any] = {
    SIGNED: {"schema": {"type": "string", "pattern": r"^[\w-]+\.[\w-]+\.[\w-]+$"}, "example": JWT}
}
PAGE_CONTENT: dict[str, Any] = {
    PAGE: {"schema": {"type": "string"}, "example": '<!doctype html><html lang="en"><title>This credential is valid'}
}
PAGE_HEADERS: dict[str, Any] = {
    name: {"description": "With the page only.", "schema": {"type": "string"}, "example": value}
    for name, value in GUARDS.items()
}
SHARED_TOLD: dict[str, Any] = {
    name: {"description": "Pages of others may read it.", "schema": {"type": "string"}, "example": value}
    for name, value in SHARED.items()
}
VARIES_TOLD: dict[str, Any] = {
    "Vary": {"description": "What else than the address decides.", "schema": {"type": "string"}, "example": "Accept"}
}
