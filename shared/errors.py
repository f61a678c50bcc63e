"""Refusals that know their status.

    ServiceError                500, never raised itself
    ├── Malformed               400
    ├── Unauthenticated         401
    ├── Forbidden               403
    ├── NotFound                404
    ├── Conflict                409
    ├── Gone                    410
    ├── VersionMismatch         412
    ├── BodyTooLarge            413
    ├── UnsupportedMedia        415
    ├── Invalid                 422
    ├── TooManyRequests         429
    └── Unavailable             503
        └── DatabaseUnavailable

Nouns subclass these with their own words. `shared.http` answers each as an RFC 9457 problem: `type` comes from
the class name, `title` from the docstring's first line, `detail` and `errors` from the case at hand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request: where, and what. Never the value itself: it may be a child's name."""

    path: str
    problem: str


@dataclass(frozen=True, slots=True)
class Problem:
    """The body of an RFC 9457 answer before it is JSON."""

    type: str
    title: str
    status: int
    detail: str
    errors: Sequence[Fault] = ()
    extensions: Mapping[str, object] = field(default_factory=dict)


class ServiceError(Exception):
    """The service refused."""

    status: ClassVar[int] = 500

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: object,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extensions = extensions

    @classmethod
    def type_uri(cls) -> str:
        """The stable `type` of this refusal, from the class name: `urn:rapport:problem:unknown-student`."""
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()
        return f"urn:rapport:problem:{words}"

    @classmethod
    def title(cls) -> str:
        """The sentence that is true whenever this is raised: the docstring's first line."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]

    def problem(self) -> Problem:
        """This refusal as the answer's body."""
        return Problem(
            type=self.type_uri(),
            title=self.title(),
            status=self.status,
            detail=self.detail or self.title(),
            errors=self.errors,
            extensions=self.extensions,
        )


class Malformed(ServiceError):
    """The request cannot be read."""

    status = 400


class Unauthenticated(ServiceError):
    """A valid bearer token is needed."""

    status = 401


class Forbidden(ServiceError):
    """The caller's role does not allow this."""

    status = 403


class NotFound(ServiceError):
    """There is nothing here that the caller may know of."""

    status = 404


class Conflict(ServiceError):
    """The present state does not allow this."""

    status = 409


class Gone(ServiceError):
    """It was here and is no more."""

    status = 410


class VersionMismatch(ServiceError):
    """It has changed since the caller read it."""

    status = 412


class BodyTooLarge(ServiceError):
    """The body is larger than this route takes."""

    status = 413


class UnsupportedMedia(ServiceError):
    """The body is of a kind that this route does not read."""

    status = 415


class Invalid(ServiceError):
    """The request has faults."""

    status = 422


class TooManyRequests(ServiceError):
    """The caller asks too often."""

    status = 429


class Unavailable(ServiceError):
    """A part that is needed cannot be reached just now; try again."""

    status = 503


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached just now; nothing was changed; try again."""
