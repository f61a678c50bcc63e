"""The pepper that digests of codes are keyed with: made once, when the first codes are, and sealed at rest."""

import secrets
from weakref import WeakKeyDictionary

from sqlalchemy import select

from climate_survey_api.access_codes.models import code_pepper
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import ReadSession, Session

_ONLY = 1
_BYTES = 32
_AT = {"table": code_pepper.name, "column": code_pepper.c.secret.name, "key": str(_ONLY)}

_known: WeakKeyDictionary[KeyRing, bytes] = WeakKeyDictionary()
"""By the ring that opened it, of which a process has one: else every code presented would cost a second read."""


async def pepper_known(session: ReadSession, ring: KeyRing) -> bytes | None:
    """The pepper; None before any code was made. Read once by a process, after it was committed."""
    found = _known.get(ring)
    if found is None:
        found = await _stored(session, ring)
        if found is not None:
            _known[ring] = found
    return found


async def ensure_pepper(session: Session, ring: KeyRing) -> bytes:
    """The pepper, made now where there is none; of several who make it at once all get the same.

    It is not remembered here: this transaction may yet be undone, and the pepper with it.
    """
    known = await _stored(session, ring)
    if known is not None:
        return known
    sealed = ring.seal(secrets.token_hex(_BYTES), **_AT)
    await bulk_upsert(session, code_pepper, ("number", "secret"), [(_ONLY, sealed)], on_conflict="ignore")
    stored = await _stored(session, ring)
    assert stored is not None, "it was there, or was made just now"
    return stored


async def _stored(session: ReadSession, ring: KeyRing) -> bytes | None:
    wanted = select(code_pepper.c.secret).where(code_pepper.c.number == _ONLY)
    sealed = (await session.execute(wanted)).scalar_one_or_none()
    return bytes.fromhex(ring.open(sealed, **_AT)) if sealed is not None else None
