"""How old what is known of officers' standing may be, and how that is told with every answer to an officer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.horizon import CaughtUp
from shared.http.headers import RETRY_AFTER, STANDING_AS_OF, STANDING_STALE

_RETRY_SECONDS = "5"


@dataclass(frozen=True, slots=True)
class StandingAge:
    """Up to which instant the register is surely complete, as a request finds it."""

    as_of: datetime | None
    """None: not since this process began to look."""
    is_stale: bool
    is_too_stale: bool
    """So old that no record is opened by it."""

    def headers(self) -> Mapping[str, str]:
        """What the answer bears."""
        told = {} if self.as_of_text is None else {STANDING_AS_OF: self.as_of_text}
        stale = {STANDING_STALE: "true"} if self.is_stale else {}
        retry = {RETRY_AFTER: _RETRY_SECONDS} if self.is_too_stale else {}
        return told | stale | retry

    @property
    def as_of_text(self) -> str | None:
        """The instant as it is told."""
        if self.as_of is None:
            return None
        return f"{self.as_of:%Y-%m-%dT%H:%M:%S}.{self.as_of.microsecond // 1000:03}Z"


@dataclass(frozen=True, slots=True)
class StandingPolicy:
    """The register's freshness, looked at every second, and how stale is too stale."""

    caught_up: CaughtUp
    too_stale_after: timedelta

    def age(self, now: datetime) -> StandingAge:
        """How old the register is now."""
        return StandingAge(
            as_of=self.caught_up.at,
            is_stale=self.caught_up.is_stale(now),
            is_too_stale=self.caught_up.is_stale(now, after=self.too_stale_after),
        )
