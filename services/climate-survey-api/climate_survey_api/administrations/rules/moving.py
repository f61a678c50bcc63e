"""When an administration may open, close and be changed: draft, open, closed, and never back."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum

from climate_survey_api.administrations.rules.terms import Administration, ConsentMode, Status, stronger


class Hindrance(StrEnum):
    """Why an administration may not open now."""

    CLOSED = "closed"
    AFTER_CLOSES_AT = "after_closes_at"
    BEFORE_OPENS_AT = "before_opens_at"
    CONSENT_TOO_WEAK = "consent_too_weak"
    """Its items ask for more than the district declares to give parents; nothing declared is nothing given."""
    NO_NOTICE = "no_notice"
    """Parents were not told, or not early enough."""


def hindrances_to_opening(
    administration: Administration, *, now: datetime, today: date, notice_days: int
) -> tuple[Hindrance, ...]:
    """Everything that forbids an administration to open now, the weightiest first; of one that is open, nothing.

    `notice_days` are to lie between the notice to parents and today.
    """
    if administration.status is Status.OPEN:
        return ()
    if administration.status is Status.CLOSED:
        return (Hindrance.CLOSED,)
    return (*_of_the_window(administration, now), *_of_the_parents(administration, today, notice_days))


def _of_the_window(administration: Administration, now: datetime) -> Iterator[Hindrance]:
    if now >= administration.closes_at:
        yield Hindrance.AFTER_CLOSES_AT
    if now < administration.opens_at:
        yield Hindrance.BEFORE_OPENS_AT


def _of_the_parents(administration: Administration, today: date, notice_days: int) -> Iterator[Hindrance]:
    needed, ppra = administration.consent_mode, administration.ppra
    if needed is ConsentMode.NONE:
        return
    declared = ppra.consent if ppra is not None else ConsentMode.NONE
    if stronger(needed, declared) is not declared:
        yield Hindrance.CONSENT_TOO_WEAK
    if ppra is None or (today - ppra.notice_on).days < notice_days:
        yield Hindrance.NO_NOTICE


_EVERYTHING = frozenset(
    {
        "instrument_id",
        "version",
        "name",
        "opens_at",
        "closes_at",
        "mode",
        "languages",
        "schools",
        "ppra",
        "consent_kept",
        "facets",
        "free_text",
    }
)


def changeable(administration: Administration, now: datetime) -> frozenset[str]:
    """What of the plan may still be changed.

    All of a draft; once access codes were made, what neither a printed sheet nor a promise to parents hangs on. Of an
    open one the end of its window while that has not come: what is over does not begin again, though nobody may have
    closed it yet. Of a closed one nothing.
    """
    if administration.takes_answers(now):
        return frozenset({"closes_at"})
    if administration.status is not Status.DRAFT:
        return frozenset()
    if administration.has_codes:
        return frozenset({"name", "opens_at", "closes_at", "ppra"})
    return _EVERYTHING
