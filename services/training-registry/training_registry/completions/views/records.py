"""What leaves the API: a completion, and what was done to it."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row

from shared.crypto import KeyRing
from training_registry.completions.models import completion_versions
from training_registry.completions.rules import CompletionStatus, CompletionStep, Content, Recorded
from training_registry.completions.views.storage import content_of, seal_key

Hours = Annotated[float, Field(ge=0)]

CONTENT_EXAMPLE: dict[str, Any] = {
    "course": "Youth mental health first aid",
    "course_code": "YMHFA-2026",
    "provider": "County training centre",
    "topics": {"mental_health": 6.5, "de_escalation": 1.5},
    "completed_on": "2026-09-14",
    "expires_on": "2029-09-14",
    "evidence_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "outside": False,
}
COMPLETION_ID = "0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f"
_STANDS: dict[str, Any] = {
    "status": "accepted",
    "credential_id": "0197a4c2-2a10-7d11-8c02-6f1e2d3c4b5a",
}
EXAMPLE: dict[str, Any] = {
    "completion_id": COMPLETION_ID,
    "officer_id": "o-1",
    **CONTENT_EXAMPLE,
    **_STANDS,
    "because": None,
    "recorded_at": "2026-09-15T13:00:00Z",
    "updated_at": "2026-09-15T13:00:00Z",
}


class ContentView(BaseModel):
    """What is said of a completion."""

    course: str
    course_code: str | None
    provider: str
    topics: dict[str, Hours] = Field(description="Hours by topic.")
    completed_on: date
    expires_on: date | None = Field(description="The last day on which it counts, where the certificate names one.")
    evidence_sha256: str | None
    outside: bool


class CompletionView(ContentView):
    """A completion as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    completion_id: UUID
    officer_id: str
    status: CompletionStatus = Field(description="Only what is accepted counts.")
    credential_id: UUID | None = Field(description="What certifies it; null while it does not count.")
    because: str | None = Field(description="Why it was refused or revoked, or what else was said with its last step.")
    recorded_at: datetime
    updated_at: datetime


class CompletionVersion(BaseModel):
    """What was done to a completion, and how it stood from then on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 1,
                    "step": "recorded",
                    "taken_at": "2026-09-15T13:00:00Z",
                    "taken_by": "a-1",
                    "because": None,
                    **_STANDS,
                    "content": CONTENT_EXAMPLE,
                }
            ]
        }
    )

    version: int
    step: CompletionStep
    taken_at: datetime
    taken_by: str
    because: str | None
    status: CompletionStatus
    credential_id: UUID | None
    content: ContentView


def view_of(recorded: Recorded, because: str | None) -> CompletionView:
    """A completion as it is shown, with what was said with its last step."""
    return CompletionView(
        completion_id=recorded.completion_id,
        officer_id=recorded.officer_id,
        status=recorded.status,
        credential_id=recorded.credential_id,
        because=because,
        recorded_at=recorded.recorded_at,
        updated_at=recorded.updated_at,
        **_said(recorded.content),
    )


def version_of(row: Row[Any], ring: KeyRing, district_id: str) -> CompletionVersion:
    """A version as it is shown."""
    return CompletionVersion(
        version=row.version,
        step=CompletionStep(row.step),
        taken_at=row.taken_at,
        taken_by=row.taken_by,
        because=opened(ring, row.because, seal_key(district_id, row.completion_id, row.version)),
        status=CompletionStatus(row.status),
        credential_id=row.credential_id,
        content=ContentView(**_said(content_of(row))),
    )


def opened(ring: KeyRing, sealed: bytes | None, key: str) -> str | None:
    """The reason that was sealed in a version, if there was one."""
    if sealed is None:
        return None
    return ring.open(bytes(sealed), table=completion_versions.name, column="because", key=key)


def _said(content: Content) -> dict[str, Any]:
    return {
        "course": content.course,
        "course_code": content.course_code,
        "provider": content.provider,
        "topics": {topic: hundredths / 100 for topic, hundredths in content.topics.items()},
        "completed_on": content.completed_on,
        "expires_on": content.expires_on,
        "evidence_sha256": content.evidence_sha256,
        "outside": content.is_outside,
    }
