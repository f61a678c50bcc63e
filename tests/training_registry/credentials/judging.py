"""Two judges of credentials that are not ours: openbadgeslib (Python), and jose with Digital Bazaar's (Node.js)."""

import json
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple
from uuid import UUID

import jwt as pyjwt
from openbadgeslib.ob3 import OB3Verifier

from shared.testing.service import DISTRICT
from tests.npm import TESTS
from tests.training_registry.credentials.registry import SIGNED, Registry, public, token_of

_CONTEXTS = {
    "https://www.w3.org/ns/credentials/v2": "credentials-v2.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json": "ob-v3p0-context-3.0.3.json",
}
"""The published contexts, as openbadgeslib carries them."""


class Evidence(NamedTuple):
    """All that a verifier fetches from the registry for one credential."""

    jwt: str
    jwks: dict[str, Any]
    lists: dict[str, str]
    issuer: str


async def evidence_of(registry: Registry, credential_id: UUID, *, district: str = DISTRICT) -> Evidence:
    """What is published now, beside the credential as its holder has it."""
    token = await token_of(registry, credential_id, district=district)
    claims = pyjwt.decode(token, options={"verify_signature": False})
    list_address = claims["credentialStatus"]["statusListCredential"]
    return Evidence(
        jwt=token,
        jwks=(await public(registry, f"{claims['issuer']['id']}/jwks.json")).json(),
        lists={list_address: (await public(registry, list_address, SIGNED)).text},
        issuer=claims["issuer"]["id"],
    )


def judged_in_python(evidence: Evidence, *, checks_status: bool = True) -> Any:
    """What openbadgeslib makes of it, with the key that the text names; raises what it raises."""
    kid = pyjwt.get_unverified_header(evidence.jwt)["kid"]
    (jwk,) = [key for key in evidence.jwks["keys"] if key["kid"] == kid]
    verifier = OB3Verifier(pubkey_pem=pyjwt.PyJWK(jwk).key)
    return verifier.verify(
        evidence.jwt, check_status=checks_status, download=lambda address: evidence.lists[address].encode()
    )


def judged_in_node(*cases: Evidence) -> Sequence[dict[str, Any]]:
    """What jose, the status list's library and JSON-LD make of each."""
    folder = files("openbadgeslib.ob3.contexts")
    contexts = {url: json.loads((folder / name).read_text(encoding="utf-8")) for url, name in _CONTEXTS.items()}
    handed_in = json.dumps([{**case._asdict(), "contexts": contexts} for case in cases])
    program = TESTS / "training_registry" / "credentials" / "verify.mjs"
    ran = subprocess.run(
        ["node", str(program)], input=handed_in, check=True, capture_output=True, text=True, timeout=120
    )
    verdicts: list[dict[str, Any]] = json.loads(ran.stdout)
    return verdicts
