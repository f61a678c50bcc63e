"""Who may read which referrals, as conditions on the table; tests hold them against the rules."""

from sqlalchemy import ColumnElement, and_, false, or_

from referral_api.referrals.models import referrals
from referral_api.referrals.rules import Status
from shared.auth import Caller, Role


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """The rules `may_read_in_full` and `may_read_status` as a condition; a test holds them against each other."""
    if caller.role is Role.PROVIDER:
        return readable_in_full(caller)
    mine = referrals.c.submitted_by == caller.sub
    return or_(mine, readable_in_full(caller)) if caller.role in (Role.COUNSELOR, Role.ADMINISTRATOR) else mine


def readable_in_full(caller: Caller) -> ColumnElement[bool]:
    """The rule `may_read_in_full` as a condition."""
    r = referrals.c
    sent = r.status != Status.DRAFT
    own_draft = and_(r.submitted_by == caller.sub, r.status == Status.DRAFT)
    if caller.role is Role.PROVIDER:
        if caller.provider_id is None:
            return false()
        return and_(sent, r.provider_id == caller.provider_id, r.consent_agreed.is_(True))
    if caller.role not in (Role.COUNSELOR, Role.ADMINISTRATOR):
        return own_draft
    if caller.school_ids is None:
        return or_(own_draft, sent)
    return or_(own_draft, and_(sent, r.school_id.in_(sorted(caller.school_ids))))
