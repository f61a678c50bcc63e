"""What may be said of a completion, as a request says it."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from shared.http.bodies import Line, StrictBody
from training_registry.completions.rules import Content
from training_registry.days import NearDay

MOST_HOURS = 1000
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_NEARLY = 1e-6
"""How far a binary fraction may be from the hundredth that was meant."""


def _hundredths(hours: Any) -> int:
    if type(hours) not in (int, float) or not 0 <= hours <= MOST_HOURS:
        raise ValueError(f"must be a number of hours from 0 to {MOST_HOURS}")
    hundredths: int = round(hours * 100)
    if abs(hours * 100 - hundredths) > _NEARLY:
        raise ValueError("must have at most two decimals")
    return hundredths


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError("must be a SHA-256: 64 hexadecimal digits")
    return text.lower()


Topic = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A word of the district's own choice for what is taught."""
Hours = Annotated[
    int,
    BeforeValidator(_hundredths),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MOST_HOURS, "multipleOf": 0.01}),
]
"""Sent as hours, kept as hundredths."""
Sha256 = Annotated[str, AfterValidator(_sha256), WithJsonSchema({"type": "string", "pattern": f"^{_SHA256.pattern}$"})]


class StateContent(StrictBody):
    """What is said of a completion, and may be corrected."""

    course: Line = Field(description="As the certificate names it; requirements may ask for it by this name.")
    course_code: Line | None = Field(None, description="The provider's own, with its version.")
    provider: Line = Field(description="Who taught it.")
    topics: dict[Topic, Hours] = Field(max_length=100, description="Hours by topic, with up to two decimals.")
    completed_on: NearDay = Field(description="Not after today.")
    expires_on: NearDay | None = Field(
        None, description="The last day on which it counts, where the certificate names one; not before `completed_on`."
    )
    evidence_sha256: Sha256 | None = Field(None, description="The digest of the scan, which stays where it is.")
    outside: bool = Field(False, description="Not of the district's own catalogue: it waits for approval.")

    def content(self) -> Content:
        """What is said, as it is kept."""
        return Content(
            course=self.course,
            course_code=self.course_code,
            provider=self.provider,
            topics=self.topics,
            completed_on=self.completed_on,
            expires_on=self.expires_on,
            evidence_sha256=self.evidence_sha256,
            is_outside=self.outside,
        )
