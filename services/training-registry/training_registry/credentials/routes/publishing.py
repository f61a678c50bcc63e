"""What a verifier needs beside the credential, for everybody: the issuer, his keys, and what is revoked."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Response

from shared.auth.permissions import Permission
from shared.db import ReadSession
from shared.http.negotiation import preferred
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, PublicSession, open_to_everybody
from training_registry.credentials import documents, status_lists
from training_registry.credentials.errors import IssuerUnknown, StatusListUnknown
from training_registry.credentials.keys import PublicJwk, existing_signer, public_keys
from training_registry.credentials.published import IssuerProfile, JwkSet, JwkView, StatusListView
from training_registry.credentials.routes.forms import JSON, SHARED, SHARED_TOLD, SIGNED, SIGNED_CONTENT, VARIES


async def _shared(response: Response) -> None:
    response.headers.update(SHARED)


_OPEN_TO_VERIFIERS = [Depends(open_to_everybody(Permission.CREDENTIALS_VERIFY)), Depends(_shared)]
_OF_ISSUERS: dict[int | str, dict[str, Any]] = {200: {"headers": SHARED_TOLD}, **problems(IssuerUnknown)}


def add_issuers(router: APIRouter, public_url: str) -> None:
    """`GET /issuers/{id}` and its keys."""

    async def jwks_of(session: ReadSession, district_id: str) -> list[PublicJwk]:
        found = await public_keys(session, district_id)
        if not found:
            raise IssuerUnknown
        return [key.jwk(public_url=public_url, district_id=district_id) for key in found]

    @router.get("/issuers/{district_id}", responses=_OF_ISSUERS, dependencies=_OPEN_TO_VERIFIERS)
    async def get_issuer(district_id: str, session: PublicSession) -> IssuerProfile:
        """A district that issues credentials, with its keys: what the `issuer` of a credential leads to."""
        jwks = await jwks_of(session, district_id)
        return IssuerProfile.model_validate(documents.profile_with_keys(public_url, district_id, jwks))

    @router.get("/issuers/{district_id}/jwks.json", responses=_OF_ISSUERS, dependencies=_OPEN_TO_VERIFIERS)
    async def get_issuer_keys(district_id: str, session: PublicSession) -> JwkSet:
        """Every key that the district ever signed with, the one that signs now first (RFC 7517)."""
        return JwkSet.model_validate({"keys": await jwks_of(session, district_id)})

    @router.get("/issuers/{district_id}/keys/{key_id}", responses=_OF_ISSUERS, dependencies=_OPEN_TO_VERIFIERS)
    async def get_issuer_key(district_id: str, key_id: str, session: PublicSession) -> JwkView:
        """One of its keys: what the `kid` of a signed text leads to."""
        kid = documents.key_url(public_url, district_id, key_id)
        for jwk in await jwks_of(session, district_id):
            if jwk["kid"] == kid:
                return JwkView.model_validate(jwk)
        raise IssuerUnknown


def add_status_lists(router: APIRouter, public_url: str) -> None:
    """`GET /status-lists/{id}`."""

    @router.get(
        "/status-lists/{status_list_id}",
        response_model=StatusListView,
        responses={200: {"content": SIGNED_CONTENT, "headers": SHARED_TOLD}, **problems(StatusListUnknown)},
        dependencies=_OPEN_TO_VERIFIERS,
    )
    async def get_status_list(
        status_list_id: UUID,
        session: PublicSession,
        at_hand: AtHand,
        now: Now,
        accept: Annotated[str, Header()] = SIGNED,
    ) -> Response:
        """Which credentials of a list are revoked, as a signed Bitstring Status List; as JSON what it says."""
        district_id = await status_lists.find_district(session, status_list_id)
        if district_id is None:
            raise StatusListUnknown
        places = await status_lists.revoked_places(session, status_list_id)
        claims = documents.status_list(
            status_lists.encode(places),
            district_id=district_id,
            public_url=public_url,
            status_list_id=status_list_id,
            now=now,
        )
        if preferred(accept, (SIGNED, JSON)) == SIGNED:
            signer = await existing_signer(session, district_id=district_id, public_url=public_url, ring=at_hand.ring)
            return Response(signer.sign(claims), media_type=SIGNED, headers={**VARIES, **SHARED})
        return Response(
            orjson.dumps(documents.without_token_claims(claims)), media_type=JSON, headers={**VARIES, **SHARED}
        )
