"""How many have answered, as far as everybody may know while a survey runs. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from climate_survey_api.administrations.rules import Unit
from shared.events.surveys import RespondentGroup

MINIMUM = 10
"""People invited, and codes given out, under which a school is not shown on its own: it could be seen who has not
answered, though many are invited, where few were given a code."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many codes were used out of those that were given out."""

    used: int
    generated: int

    @property
    def percent(self) -> int:
        """The same in whole percent."""
        return round(100 * self.used / self.generated)


@dataclass(frozen=True, slots=True)
class Turnout:
    """The shares that may be shown."""

    overall: Share | None
    """Of what is shown and no more: a hidden school cannot be worked out as the rest. None: nothing is shown."""
    schools: tuple[tuple[str, Share], ...]
    small: Share | None
    """Schools with few people, together, where together they are several and have enough."""
    some_hidden: bool
    """Whether codes were given out that are not shown by school; without any that are: too few everywhere."""


def turnout_of(units: tuple[Unit, ...], codes: Mapping[tuple[str, RespondentGroup], tuple[int, int]]) -> Turnout:
    """The shares by school, groups summed; schools without codes are absent."""
    invited: dict[str, int] = {}
    counted: dict[str, Share] = {}
    for unit in units:
        invited[unit.school_id] = invited.get(unit.school_id, 0) + unit.invited
        generated, used = codes.get((unit.school_id, unit.respondent_group), (0, 0))
        before = counted.get(unit.school_id, Share(0, 0))
        counted[unit.school_id] = Share(before.used + used, before.generated + generated)
    given_out = {school_id: share for school_id, share in sorted(counted.items()) if share.generated}
    sizes = {school_id: min(invited[school_id], share.generated) for school_id, share in given_out.items()}
    shown = {school_id: share for school_id, share in given_out.items() if sizes[school_id] >= MINIMUM}
    few = [school_id for school_id in given_out if school_id not in shown]
    enough = len(few) > 1 and sum(sizes[school_id] for school_id in few) >= MINIMUM
    small = _sum(given_out[school_id] for school_id in few) if enough else None
    parts = [*shown.values(), *([small] if small else [])]
    return Turnout(_sum(parts) if parts else None, tuple(shown.items()), small, bool(few))


def _sum(shares: Iterable[Share]) -> Share:
    together = list(shares)
    return Share(sum(share.used for share in together), sum(share.generated for share in together))
