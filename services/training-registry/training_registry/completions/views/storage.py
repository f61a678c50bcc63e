"""How a completion stands in its row."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row

from training_registry.completions.rules import CompletionStatus, Content, Recorded

TOPICS_REMEMBERED = 4096
"""Texts of topics read but once: courses are few, whoever completed them many."""


def topics_as_text(topics: Mapping[str, int]) -> str:
    """Hundredths of hours by topic as their column keeps them: the same topics, the same text."""
    return orjson.dumps(dict(topics), option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(TOPICS_REMEMBERED)
def topics_in(text: str) -> Mapping[str, int]:
    """The topics that a column keeps."""
    return MappingProxyType(orjson.loads(text))


def content_of(row: Row[Any]) -> Content:
    """What a row of either table says of its completion."""
    return Content(
        course=row.course,
        course_code=row.course_code,
        provider=row.provider,
        topics=topics_in(row.topics),
        completed_on=row.completed_on,
        expires_on=row.expires_on,
        evidence_sha256=row.evidence_sha256,
        is_outside=row.is_outside,
    )


def recorded_of(row: Row[Any]) -> Recorded:
    """The completion in a row."""
    return Recorded(
        completion_id=row.completion_id,
        officer_id=row.officer_id,
        content=content_of(row),
        status=CompletionStatus(row.status),
        credential_id=row.credential_id,
        version=row.version,
        sent_sha256=bytes(row.sent_sha256),
        recorded_at=row.recorded_at,
        updated_at=row.updated_at,
    )


def seal_key(district_id: str, completion_id: UUID, version: int) -> str:
    """What the sealed reason of a version is bound to, so that it cannot be moved to another row."""
    return f"{district_id}/{completion_id}/{version}"
