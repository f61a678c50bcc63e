"""How far the sending is: the referrals that arrived without a gap before them, so that a later run begins behind."""

from dataclasses import dataclass, field
from typing import Any, Self

from demo.lives import Life


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a referral can be asked for."""

    referral_id: str
    school_id: str


@dataclass(slots=True)
class Arrivals:
    """The first `count` of a district's `total` referrals, in the order in which they are drawn, have arrived."""

    total: int | None = None
    """None while they have not been counted."""
    count: int = 0
    last: Whereabouts | None = None
    """The last of them that counts in the funnel: while it is there, all before it are taken to be."""
    officers: bool = False
    """Whether the officers' part has arrived as a whole."""
    surveys: bool = False
    """Whether every wave of the climate surveys was held."""
    _ahead: dict[int, Life] = field(default_factory=dict)
    """Arrived before one that was sent earlier; as many as are sent side by side."""

    @property
    def are_all(self) -> bool:
        """Whether nothing is left to send."""
        return self.count == self.total

    def add(self, number: int, life: Life) -> None:
        """Note that a referral has arrived with all its steps; they are numbered from 0 on."""
        self._ahead[number] = life
        while (next_in_order := self._ahead.pop(self.count, None)) is not None:
            self.count += 1
            if next_in_order.stages:  # a draft is its author's alone, and nobody else could ask for it
                self.last = Whereabouts(str(next_in_order.referral_id), next_in_order.student.school_id)

    def written(self) -> dict[str, Any]:
        """As a later run reads it."""
        last = None if self.last is None else {"referral_id": self.last.referral_id, "school_id": self.last.school_id}
        return {
            "sent_all": self.are_all and self.officers and self.surveys,
            "referrals": self.total,
            "arrived": self.count,
            "last_arrived": last,
            "officers_arrived": self.officers,
            "surveys_arrived": self.surveys,
        }

    @classmethod
    def read(cls, written: dict[str, Any]) -> Self:
        """What an earlier run wrote; nothing of it where that run could not say yet how far it was."""
        last = written.get("last_arrived")
        if not last:
            return cls()
        has_officers, has_surveys = written.get("officers_arrived", False), written.get("surveys_arrived", False)
        return cls(written["referrals"], written["arrived"], Whereabouts(**last), has_officers, has_surveys)
