"""What a request's headers say that a record is needed for, and what the answer tells of how standing is known."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from fastapi import Request, Response

from referral_api.clearance.errors import OfficerNotCleared, StandingTooStale
from referral_api.clearance.freshness import StandingPolicy
from referral_api.disclosures.errors import EmergencyNotExplained, PurposeNotStated, PurposeUnknown
from referral_api.disclosures.operations.opening import Asking
from referral_api.disclosures.rules import PURPOSE, RECIPIENTS, THREAT, UNTIL, Purpose, Sent
from shared.auth import Role
from shared.errors import ServiceError
from shared.http.headers import STANDING_AS_OF, STANDING_STALE, told
from shared.http.problems import answer
from shared.http.runtime import runtime

Record = TypeVar("Record")

OPENED: dict[int | str, dict[str, Any]] = {200: {"headers": told(STANDING_AS_OF, STANDING_STALE)}}
"""What the answer of a route bears that opens records to officers too."""
REFUSALS: tuple[type[ServiceError], ...] = (
    PurposeNotStated,
    PurposeUnknown,
    EmergencyNotExplained,
    OfficerNotCleared,
    StandingTooStale,
)
"""What an officer may be refused with there."""

_SAID: Mapping[str, tuple[str, str]] = {
    PURPOSE: (
        f"What the record is needed for: {', '.join(f'`{p}`' for p in Purpose)}. An officer has to say so.",
        "school_official_duty",
    ),
    THREAT: (
        "Of an emergency: the articulable and significant threat, at most 2,000 characters.",
        "A message says that a classmate will bring a weapon today.",
    ),
    UNTIL: (
        "Of an emergency: the instant, with its zone, at which it ends; at most 72 hours ahead.",
        "2026-11-23T14:00:00Z",
    ),
    RECIPIENTS: (
        "Of an emergency: who is told, separated by commas; who asks and nobody else where it is not sent.",
        "o-1, Principal Rivera",
    ),
}
"""What each header says, and an example."""
STATED: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}
        | {"description": said, "example": example}
        for name, (said, example) in _SAID.items()
    ]
}
"""What OpenAPI tells of these headers.

They are read by hand: as parameters of the framework's they would cost everybody who opens a referral 4 % more of the
processor's time, measured, and only an officer has to send them.
"""


def asking_under(policy: StandingPolicy) -> Callable[[Request], Awaitable[Asking]]:
    """The dependency that gathers what a request for a record states. Name it after `caller` in a signature."""

    async def asking(request: Request) -> Asking:
        at_hand = runtime(request)
        now = at_hand.clock()
        sent = Sent(
            purpose=_sent(request, PURPOSE),
            threat=_sent(request, THREAT),
            until=_sent(request, UNTIL),
            recipients=_sent(request, RECIPIENTS),
        )
        return Asking(request.state.caller, sent, policy.age(now), at_hand.ring, now)

    return asking


def told_to(asking: Asking, opened: Record | ServiceError, request: Request, response: Response) -> Record | Response:
    """The answer to who asked: the record, or the refusal that was noted. An officer learns how standing is known."""
    if isinstance(opened, ServiceError):
        return answer(request, opened)
    if asking.caller.role is Role.OFFICER:
        response.headers.update(asking.standing.headers())
    return opened


def _sent(request: Request, name: str) -> str | None:
    """A header as its sender meant it: in UTF-8 if it can be that; the server reads each byte as a character.

    Sent more than once it is a list (RFC 9110, 5.3): two purposes are none of ours, and recipients add up.
    """
    values = request.headers.getlist(name)
    if not values:
        return None
    header = ", ".join(values)
    try:
        return header.encode("latin-1").decode()
    except ValueError:
        return header
