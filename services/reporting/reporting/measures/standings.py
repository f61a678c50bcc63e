"""How officers stand, counted by school and requirement, and each officer once where these are taken together."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from reporting.codec import STANDINGS
from shared.events.training import StandingStatus

Standing = tuple[str, str, int]
"""An officer, a requirement that binds him, and the number of how he stands to it."""
Counted = tuple[int, str, int]
"""Where an officer is counted: the number of a place, the requirement, the number of the status."""

EVERYWHERE = 0
"""All places together: no place is given this number."""
TOGETHER = ""
"""All requirements together: none has this id."""

_CURRENT = STANDINGS[StandingStatus.CURRENT]


def counted_at(assigned: Mapping[str, Collection[int]], standings: Iterable[Standing]) -> Iterator[Counted]:
    """Each standing once at every place to which its officer is assigned; of others nothing."""
    for officer_id, requirement_id, status in standings:
        for place_no in assigned.get(officer_id, ()):
            yield place_no, requirement_id, status


def altogether(officers: Iterable[str], standings: Iterable[Standing]) -> Iterator[Standing]:
    """How each of the officers stands to all requirements together: as badly as to the worst.

    Whom nothing binds is current. Exempt is who is exempt from each: the numbers grow with how bad a status is.
    """
    worst: dict[str, int] = {}
    for officer_id, _, status in standings:
        worst[officer_id] = max(status, worst.get(officer_id, status))
    for officer_id in officers:
        yield officer_id, TOGETHER, worst.get(officer_id, _CURRENT)
