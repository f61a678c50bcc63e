"""A credential for who may read it, and the step by which another key signs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.negotiation import preferred
from shared.http.problems import problems
from shared.http.reach import OnlyForWholeDistrict, for_whole_district
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed
from training_registry.credentials import keys
from training_registry.credentials.errors import CredentialNotFound
from training_registry.credentials.published import SigningKeyView
from training_registry.credentials.routes.forms import JSON, SIGNED, SIGNED_CONTENT, VARIES
from training_registry.credentials.views import CredentialView, read_credential, view_of


def add_reading(router: APIRouter, public_url: str) -> None:
    """`GET /credentials/{id}` and `POST /credential-keys/rotation`."""

    @router.get(
        "/credentials/{credential_id}",
        response_model=CredentialView,
        responses={200: {"content": SIGNED_CONTENT}, **problems(CredentialNotFound)},
    )
    async def get_credential(
        caller: Annotated[Caller, Depends(allowed(Permission.CREDENTIALS_READ))],
        credential_id: UUID,
        session: ReadOnlySession,
        accept: Annotated[str, Header()] = JSON,
    ) -> Response:
        """A credential: what it says and its signed text, or with `Accept: application/vc+jwt` the text alone.

        An officer reads his own, an administrator those of the officers of his schools.
        """
        kept = await read_credential(session, caller, credential_id)
        if preferred(accept, (JSON, SIGNED)) == SIGNED:
            return Response(kept.jwt, media_type=SIGNED, headers=VARIES)
        return Response(view_of(kept, public_url).model_dump_json(), media_type=JSON, headers=VARIES)

    @router.post("/credential-keys/rotation", responses=problems(OnlyForWholeDistrict))
    async def rotate_credential_key(
        caller: Annotated[Caller, Depends(for_whole_district(allowed(Permission.CREDENTIAL_KEYS_ROTATE)))],
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
    ) -> SigningKeyView:
        """Sign with a new key from now on. What was signed before is verified as before.

        The private part of the key before is destroyed; its public part stays published.
        """
        signing = await keys.rotate(session, district_id=caller.district_id, ring=at_hand.ring, now=now)
        jwk = signing.jwk(public_url=public_url, district_id=caller.district_id)
        return SigningKeyView(kid=jwk["kid"], made_at=signing.made_at)
