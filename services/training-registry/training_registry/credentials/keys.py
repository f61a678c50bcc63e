"""The keys that districts sign with: one that signs, and the public part of each that ever did.

A district's first key is made when it is first needed. A private key leaves its seal only to sign; once another key
signs it is destroyed, and what it signed is verified with the public part, which stays published.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

from joserfc.jwk import OKPKey
from sqlalchemy import select, update

from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import ReadSession, Session
from training_registry.credentials.documents import key_url
from training_registry.credentials.models import credential_keys
from training_registry.credentials.signing import Signer, private_key

ALGORITHM = "EdDSA"
"""RFC 9864 calls it `Ed25519`; verifiers of Open Badges know this name, and the key says which curve it is."""

_CURVE: Final = "Ed25519"
_COLUMNS = ("district_id", "number", "key_id", "public_key", "private_key", "made_at")


class PublicJwk(TypedDict):
    """The public part of a key as RFC 8037 writes it."""

    kty: str
    crv: str
    x: str
    kid: str
    alg: str
    use: str


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What everybody may know of a key."""

    key_id: str
    x: str
    made_at: datetime

    def jwk(self, *, public_url: str, district_id: str) -> PublicJwk:
        """As verifiers read it; its `kid` is the address at which it is read alone (Open Badges 3.0, 8.2.2)."""
        kid = key_url(public_url, district_id, self.key_id)
        return {"kty": "OKP", "crv": _CURVE, "x": self.x, "kid": kid, "alg": ALGORITHM, "use": "sig"}


async def public_keys(session: ReadSession, district_id: str) -> list[PublicKey]:
    """Every key that a district ever signed with, the one that signs now first; none before its first credential."""
    table = credential_keys
    wanted = select(table.c.key_id, table.c.public_key, table.c.made_at).where(table.c.district_id == district_id)
    found = await session.execute(wanted.order_by(table.c.number.desc()))
    return [PublicKey(row.key_id, row.public_key, row.made_at) for row in found]


async def signer_of(session: Session, *, district_id: str, public_url: str, ring: KeyRing, now: datetime) -> Signer:
    """What signs for the district; with its first key, made now, where it has none."""
    if not await public_keys(session, district_id):
        await _make(session, 1, district_id=district_id, ring=ring, now=now)
    return await existing_signer(session, district_id=district_id, public_url=public_url, ring=ring)


async def existing_signer(session: ReadSession, *, district_id: str, public_url: str, ring: KeyRing) -> Signer:
    """What signs for a district that has signed before."""
    table = credential_keys
    wanted = select(table).where(table.c.district_id == district_id).order_by(table.c.number.desc()).limit(1)
    row = (await session.execute(wanted)).one()
    place = {"table": table.name, "column": table.c.private_key.name, "key": f"{district_id}/{row.number}"}
    return Signer(
        private_key(ring.open(row.private_key, **place)), ALGORITHM, key_url(public_url, district_id, row.key_id)
    )


async def rotate(session: Session, *, district_id: str, ring: KeyRing, now: datetime) -> PublicKey:
    """Another key signs from now on; the private part of the one that signed is destroyed. The new key.

    Two rotations at once make one key: both asked for another than the one they found.
    """
    table = credential_keys
    newest = select(table.c.number).where(table.c.district_id == district_id).order_by(table.c.number.desc()).limit(1)
    before = (await session.execute(newest)).scalar() or 0
    await _make(session, before + 1, district_id=district_id, ring=ring, now=now)
    await session.execute(
        update(table)
        .where(table.c.district_id == district_id, table.c.number <= before, table.c.private_key.is_not(None))
        .values(private_key=None)
    )
    signing, *_ = await public_keys(session, district_id)
    return signing


async def _make(session: Session, number: int, *, district_id: str, ring: KeyRing, now: datetime) -> None:
    """The district's key of this number, unless somebody made it meanwhile."""
    table = credential_keys
    made = OKPKey.generate_key(_CURVE, private=True)
    parts = made.as_dict(private=True)
    place = {"table": table.name, "column": table.c.private_key.name, "key": f"{district_id}/{number}"}
    row = (district_id, number, made.thumbprint(), parts["x"], ring.seal(str(parts["d"]), **place), now)
    await bulk_upsert(session, table, _COLUMNS, [row], on_conflict="ignore")
