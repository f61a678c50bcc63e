"""Who may read which referrals, as conditions on the table; tests hold them against the rules."""

import hashlib
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, false, or_

from referral_api.referrals.models import referrals
from referral_api.referrals.rules import FULL_READERS, Status
from shared.auth import Caller, Role


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """The rules `may_read_in_full` and `may_read_status` as one condition."""
    if caller.role is Role.PROVIDER:
        return readable_in_full(caller)
    mine = referrals.c.submitted_by == caller.sub
    return or_(mine, readable_in_full(caller)) if caller.role in FULL_READERS else mine


def readable_in_full(caller: Caller) -> ColumnElement[bool]:
    """The rule `may_read_in_full` as a condition."""
    r = referrals.c
    sent = r.submitted_at.is_not(None)
    own_draft = and_(r.submitted_by == caller.sub, r.submitted_at.is_(None))
    if caller.role is Role.PROVIDER:
        return and_(sent, _names(caller), r.consent_agreed.is_(True), r.status != Status.ENTERED_IN_ERROR)
    if caller.role not in FULL_READERS:
        return own_draft
    if caller.school_ids is None:
        return or_(own_draft, sent)
    return or_(own_draft, and_(sent, r.school_id.in_(sorted(caller.school_ids))))


def gone_for(caller: Caller) -> ColumnElement[bool]:
    """The rule `may_learn_it_is_gone` as a condition."""
    r = referrals.c
    in_error = r.status == Status.ENTERED_IN_ERROR
    if caller.role is Role.PROVIDER:
        return and_(r.was_shared, _names(caller), or_(in_error, r.consent_agreed.is_not(True)))
    return and_(in_error, visible_to(caller))


def told_to(caller: Caller) -> ColumnElement[bool]:
    """What the caller can see, and what he is told is gone: the two above as one."""
    either = or_(visible_to(caller), gone_for(caller))
    # Said by itself, so that a database finds a provider's few by an index.
    return and_(_names(caller), either) if caller.role is Role.PROVIDER else either


@lru_cache(maxsize=256)
def reach_of(caller: Caller) -> str:
    """What decides which referrals the caller may see, as one word: under another word there may be others."""
    reach: tuple[object, ...] = (caller.district_id, caller.sub)
    if caller.role is Role.PROVIDER:
        reach = (caller.district_id, caller.provider_id, "provider")
    elif caller.role in FULL_READERS:
        reach = (*reach, None if caller.school_ids is None else sorted(caller.school_ids))
    return hashlib.sha256(repr(reach).encode()).hexdigest()[:32]


def _names(caller: Caller) -> ColumnElement[bool]:
    return referrals.c.provider_id == caller.provider_id if caller.provider_id is not None else false()
