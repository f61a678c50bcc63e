"""The forms in which credentials are answered, and what OpenAPI tells of each."""

from typing import Any

from training_registry.credentials.examples import JWT
from training_registry.credentials.pages import MEDIA_TYPE as PAGE

JSON = "application/json"
SIGNED = "application/vc+jwt"
"""Source: Securing Verifiable Credentials using JOSE and COSE, 6.1."""

VARIES = {"Vary": "Accept"}

SIGNED_CONTENT: dict[str, Any] = {
    SIGNED: {"schema": {"type": "string", "pattern": r"^[\w-]+\.[\w-]+\.[\w-]+$"}, "example": JWT}
}
PAGE_CONTENT: dict[str, Any] = {
    PAGE: {"schema": {"type": "string"}, "example": '<!doctype html><html lang="en"><title>This credential is valid'}
}
