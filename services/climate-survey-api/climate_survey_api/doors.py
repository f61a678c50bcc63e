"""Doors without a lock: who knocks too often is made to wait. In memory alone.

Addresses are held here while they are counted, and are never stored, logged or told.
"""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

from fastapi import Request

from climate_survey_api.errors import KnocksTooOften
from climate_survey_api.networks import Networks, asker, household
from shared.errors import ServiceError

MOST_MISSES = 300
"""Unknown codes a minute from one address; a whole school may sit behind one. What protects is the size of the code
space."""
MOST_CALLS_FOR_HELP = 30
"""Requests to talk to an adult a minute from one address."""
MOST_ADDRESSES = 4096
"""Addresses that are counted at a time; of each at most as many instants of eight bytes as it may miss in a minute."""

_MINUTE = 60.0


class Doors:
    """Counts knocks per address, over all doors that share it, within this process.

    Of each address the instants of its last knocks are kept, as many as it may have within a minute: the next one is
    welcome if the oldest of them is more than a minute ago. Who never knocks in vain is not kept at all.
    """

    def __init__(self, trusted: Networks, most_a_minute: int, clock: Callable[[], float]) -> None:
        self._trusted = trusted
        self._most_a_minute = most_a_minute
        self._clock = clock
        self._knocks: OrderedDict[bytes, _Knocks] = OrderedDict()

    @property
    def held(self) -> int:
        """How many addresses are kept by now."""
        return len(self._knocks)

    def ensure_welcome(self, request: Request) -> None:
        """Refuse an address that has knocked too often within a minute. Raises: KnocksTooOften (429)."""
        if not self._knocks:
            return
        knocks = self._knocks.get(self._who(request))
        wait = 0.0 if knocks is None else knocks.full_for(self._clock(), self._most_a_minute)
        if wait > 0:
            raise KnocksTooOften(headers={"Retry-After": str(ceil(wait))})

    @contextmanager
    def watching(self, request: Request, *, for_misses: type[Exception]) -> Iterator[None]:
        """Count it as a knock if what is tried within fails with a miss.

        Whoever has knocked too often by the end is refused, whatever he found: those who try a thousand at once learn
        no more than those who try one by one. Raises: KnocksTooOften (429).
        """
        try:
            yield
        except for_misses:
            self.ensure_welcome(request)
            self.knocked(request)
            raise
        except ServiceError:
            self.ensure_welcome(request)
            raise
        self.ensure_welcome(request)

    def knocked(self, request: Request) -> None:
        """Count a knock of this address."""
        now, who = self._clock(), self._who(request)
        self._knocks.setdefault(who, _Knocks()).add(now, self._most_a_minute)
        self._knocks.move_to_end(who)
        self._forget(now)

    def _who(self, request: Request) -> bytes:
        headers = request.headers
        found = asker(
            request.client.host if request.client is not None else "",
            forwarded_for=",".join(headers.getlist("x-forwarded-for")),
            forwarded=",".join(headers.getlist("forwarded")),
            trusted=self._trusted,
        )
        return household(found) if found is not None else b""

    def _forget(self, now: float) -> None:
        """Let go of addresses that were last heard of more than a minute ago, and of the first where they are many."""
        while self._knocks:
            first = next(iter(self._knocks.values()))
            if len(self._knocks) <= MOST_ADDRESSES and first.last > now - _MINUTE:
                return
            self._knocks.popitem(last=False)


class _Knocks:
    """The instants of the last knocks of one address, in a ring: eight bytes each."""

    __slots__ = ("_at", "_next")

    def __init__(self) -> None:
        self._at = array("d")
        self._next = 0

    @property
    def last(self) -> float:
        """The newest."""
        return self._at[self._next - 1]

    def add(self, now: float, most: int) -> None:
        """Keep this one, and drop the oldest where there are so many."""
        if len(self._at) < most:
            self._at.append(now)
        else:
            self._at[self._next] = now
            self._next = (self._next + 1) % most

    def full_for(self, now: float, most: int) -> float:
        """Seconds until one more is within bounds; none or less: it is now."""
        return self._at[self._next] + _MINUTE - now if len(self._at) == most else 0.0
