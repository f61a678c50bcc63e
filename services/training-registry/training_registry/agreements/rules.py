"""When an agreement is in force, and whether records may be opened under it. Pure."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement as far as rules ask about it."""

    agreement_id: str
    agency: str
    school_ids: frozenset[str]
    in_force_from: date | None
    """The first day on which both have signed it and its term runs; None: never, as it stands."""
    in_force_to: date | None
    """The last such day."""
    opens_records: bool
    """It keeps officers out of discipline, and has a FERPA basis."""

    def is_in_force(self, on: date) -> bool:
        """Whether it holds on that day."""
        begins, ends = self.in_force_from, self.in_force_to
        return begins is not None and ends is not None and begins <= on <= ends
