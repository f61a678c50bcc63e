"""Whether a credential holds, for everybody: as JSON, or as a page for people."""

from datetime import tzinfo
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Response

from shared.auth.permissions import Permission
from shared.http.negotiation import preferred
from shared.http.problems import problems
from shared.http.runtime import Now, PublicSession, open_to_everybody
from training_registry.credentials import pages
from training_registry.credentials.errors import CredentialUnknown
from training_registry.credentials.routes.forms import (
    JSON,
    PAGE_CONTENT,
    PAGE_HEADERS,
    SHARED,
    SHARED_TOLD,
    VARIES,
    VARIES_TOLD,
)
from training_registry.credentials.rules import VerificationResult
from training_registry.credentials.views import Verification, find_credential, verification_of


def add_verification(router: APIRouter, zone: tzinfo) -> None:
    """`GET /credentials/{id}/verification`."""

    @router.get(
        "/credentials/{credential_id}/verification",
        response_model=Verification,
        responses={200: {"content": PAGE_CONTENT, "headers": {**PAGE_HEADERS, **SHARED_TOLD}}, **_unknown()},
        dependencies=[Depends(open_to_everybody(Permission.CREDENTIALS_VERIFY))],
    )
    async def verify_credential(
        credential_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
        session: PublicSession,
        now: Now,
        accept: Annotated[str, Header()] = JSON,
    ) -> Response:
        """Whether a credential holds today, and what it certifies. Nobody needs a token, and nobody is named.

        With `Accept: text/html`, as browsers send it, a page for people. What was never issued here, and what is no
        id at all, is unknown: 404 with `result` `unknown`.
        """
        wants_page = preferred(accept, (JSON, pages.MEDIA_TYPE)) == pages.MEDIA_TYPE
        named = _id_in(credential_id)
        kept = await find_credential(session, named) if named else None
        if kept is None:
            if wants_page:
                return pages.unknown_page()
            raise CredentialUnknown(headers={**VARIES, **SHARED}, result=VerificationResult.UNKNOWN)
        verification = verification_of(kept, now=now, zone=zone)
        if wants_page:
            return pages.page_of(verification, zone=zone)
        return Response(verification.model_dump_json(), media_type=JSON, headers={**VARIES, **SHARED})


def _unknown() -> dict[int | str, dict[str, Any]]:
    told = problems(CredentialUnknown)
    told[404]["content"] |= PAGE_CONTENT
    told[404]["headers"] = {**PAGE_HEADERS, **SHARED_TOLD, **VARIES_TOLD}
    return told


def _id_in(text: str) -> UUID | None:
    """A mistyped address is one that was never given out; people get the same page for both."""
    try:
        return UUID(text)
    except ValueError:
        return None
