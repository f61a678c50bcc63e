"""A matter: a student's referrals that were merged or reopened, and so are about one need. Whether it goes on."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, select

from referral_api.referrals.models import LINKED, referrals
from referral_api.referrals.rules import OPEN, Status
from shared.db import ReadSession

_SAYS_NOTHING = frozenset({Status.DRAFT, Status.ENTERED_IN_ERROR})
"""What was not sent, or never should have been, makes two others no one matter."""


class _Linked(NamedTuple):
    """A referral, how it stands, and to which others it points."""

    referral_id: UUID
    status: str
    reopens: UUID | None
    merged_into: UUID | None


async def matter_goes_on(session: ReadSession, *, district_id: str, student_id: str, referral_id: UUID) -> bool:
    """Whether a referral about the same need is open: this one, what it was merged with, what reopens it, and so on.

    All links of a student are read by a small index, for any of them may lead on to the open one.
    """
    r = referrals.c
    known = await _find(session, r.district_id == district_id, r.student_id == student_id, LINKED)
    # At the ends of a matter is what points nowhere; or what did not yet, a statement ago, and so leads on.
    while ends := _matter(referral_id, known.values()) - known.keys():
        found = await _find(session, r.district_id == district_id, r.referral_id.in_(ends))
        if not found:
            break
        known |= found
    matter = _matter(referral_id, known.values())
    return any(one.status in OPEN for one in known.values() if one.referral_id in matter)


async def _find(session: ReadSession, *conditions: ColumnElement[bool] | TextClause) -> dict[UUID, _Linked]:
    r = referrals.c
    rows = await session.execute(select(r.referral_id, r.status, r.reopens, r.merged_into).where(*conditions))
    return {row.referral_id: _Linked(*row) for row in rows}


def _matter(referral_id: UUID, known: Iterable[_Linked]) -> set[UUID]:
    """The referrals that links lead to from this one, in whichever direction."""
    pointing = [one for one in known if one.status not in _SAYS_NOTHING]
    links = [{other for other in (one.referral_id, one.reopens, one.merged_into) if other} for one in pointing]
    matter = {referral_id}
    while longer := [link for link in links if link & matter and not link <= matter]:
        matter = matter.union(*longer)
    return matter
