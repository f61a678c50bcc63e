"""Doors without a lock: who knocks too often is made to wait. In memory alone.

Addresses are held here while they are counted, and are never stored, logged or told.
"""

from collections.abc import Callable

from fastapi import Request

from climate_survey_api.networks import Networks

MOST_MISSES = 300
"""Unknown codes a minute from one address; a whole school may sit behind one. What protects is the size of the code
space."""
MOST_CALLS_FOR_HELP = 30
"""Requests to talk to an adult a minute from one address."""


class Doors:
    """Counts knocks per address, over all doors that share it, within this process."""

    def __init__(self, trusted: Networks, most_a_minute: int, clock: Callable[[], float]) -> None:
        self._trusted = trusted
        self._most_a_minute = most_a_minute
        self._clock = clock

    def ensure_welcome(self, request: Request) -> None:
        """Refuse an address that has knocked too often within a minute. Raises: KnocksTooOften (429)."""

    def knocked(self, request: Request) -> None:
        """Count a knock of this address."""
