"""How a referral began: what was stated with it, and since when its provider may follow what happens to it.

Neither is stored by itself, so that a submission costs no statement more: both follow from the referral as it is and
from the consents that were recorded since.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select

from referral_api.referrals.models import referral_steps
from referral_api.referrals.rules import Doing, Referral
from shared.db import ReadSession

_NEVER_CHANGED = ("provider_id", "reopens")
_CONSENT = ("consent_agreed", "consent_by", "consent_on")


class RecordedChange(NamedTuple):
    """A consent that was recorded after the referral's beginning."""

    at: datetime
    version: int
    changes: Mapping[str, Sequence[Any]] | None
    """Its fields before and after; None of a step of the first release, which does not say."""


class Shared(NamedTuple):
    """From where on a provider is told."""

    at: datetime
    version: int
    """Of the step that opened it: the clocks of two hosts may differ by seconds, versions never."""

    @property
    def from_the_beginning(self) -> bool:
        """Whether the consent under which it reads came with the referral itself."""
        return self.version == 1


async def consents_recorded(session: ReadSession, referral: Referral) -> list[RecordedChange]:
    """The consents that were recorded beside the one that the referral began with, newest first."""
    if referral.consent_agreed is None:
        return []  # nobody was ever asked
    s = referral_steps.c
    wanted = select(s.taken_at, s.version, s.changes).where(
        s.district_id == referral.district_id,
        s.referral_id == referral.referral_id,
        s.step == Doing.CONSENT_RECORDED,
    )
    return [
        RecordedChange(row.taken_at, row.version, orjson.loads(row.changes) if row.changes else None)
        for row in await session.execute(wanted.order_by(s.version.desc()))
    ]


def shared_since(referral: Referral, consents: Sequence[RecordedChange]) -> Shared:
    """When the consent began under which the referral's provider reads now; not before it was sent."""
    for consent in consents:
        # What the first release does not say may have been it.
        if consent.changes is None or consent.changes.get("consent_agreed", (None, False))[1]:
            return Shared(max(consent.at, sent_at(referral)), consent.version)
    return Shared(sent_at(referral), version=1)


def stated_with_it(referral: Referral, consents: Sequence[RecordedChange]) -> dict[str, str | bool]:
    """To which provider it went, under which consent, and what it took up again, as its author stated it.

    Shape: the fields that had a value, by name, dates and ids as text. A consent is as it was before the first that
    replaced it; what a step of the first release replaced is not known, and left out.
    """
    stated = {name: getattr(referral, name) for name in (*_NEVER_CHANGED, *_CONSENT)}
    for consent in consents:
        if consent.changes is None:
            stated |= dict.fromkeys(_CONSENT)
        else:
            stated |= {name: before for name, (before, _) in consent.changes.items() if name in _CONSENT}
    given = {name: value for name, value in stated.items() if value is not None}
    return {name: value if isinstance(value, bool) else str(value) for name, value in given.items()}


def sent_at(referral: Referral) -> datetime:
    """When others could first read it."""
    return referral.submitted_at or referral.created_at
