"""`ETag` and `If-Match`: a change is refused when its author has not seen the newest version (RFC 9110, 13.1.1)."""

from typing import Annotated

from fastapi import Header

from shared.errors import VersionMismatch


class ChangedMeanwhile(VersionMismatch):
    """It has changed since the caller read it."""


IfMatch = Annotated[str | None, Header(description="The `ETag` of the version that this change is meant for.")]


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def ensure_match(if_match: str | None, version: int) -> None:
    """Refuse a change meant for another version; nothing sent, or `*`, fits any. Raises: ChangedMeanwhile."""
    if if_match is None or if_match.strip() == "*":
        return
    if etag(version) not in [tag.strip() for tag in if_match.split(",")]:
        raise ChangedMeanwhile("Read it again and decide anew.")
