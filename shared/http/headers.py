"""The headers that answers bear, as OpenAPI tells of them. Which answer bears which follows from what a route is.

* Whoever may send `If-Match` is told the version: a change that takes it answers with the new `ETag`, unless the thing
  is gone with it, and so does what reads, or makes, the thing that is changed.
* What is made by a POST to a list can be read below it: `Location` says where, unless many were sent at once (207), or
  whoever sent it has no token, and so cannot read it.
* Where standing decides, the record and the refusal say alike how old what is known of it is.
* A list that takes a cursor links to its next page; a view that comes as JSON or CSV says that `Accept` decides.
"""

from collections.abc import Mapping
from typing import Any

OF_THE_API = "/v1/"
"""How the address of every route begins but those that tell how the process is."""

ETAG = "ETag"
LOCATION = "Location"
LINK = "Link"
VARY = "Vary"
RETRY_AFTER = "Retry-After"
WWW_AUTHENTICATE = "WWW-Authenticate"
IDEMPOTENCY_REPLAYED = "Idempotency-Replayed"
STANDING_AS_OF = "Standing-As-Of"
STANDING_STALE = "Standing-Stale"

_TOLD: Mapping[str, dict[str, Any]] = {
    ETAG: {
        "description": "The version; send it as `If-Match` with a change that is meant for it.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        "example": '"3"',
    },
    LOCATION: {
        "description": "Where to read what was made.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/v1/referrals/0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f",
    },
    LINK: {
        "description": "The next page, while there is one (RFC 8288).",
        "schema": {"type": "string", "pattern": '^<[^>]+>; rel="next"$'},
        "example": '</v1/schools?limit=50&cursor=WyJzY2hvb2xzIiwicy01MCJd>; rel="next"',
    },
    VARY: {
        "description": "What else than the address decides about the answer.",
        "required": True,
        "schema": {"type": "string"},
        "example": "Accept",
    },
    RETRY_AFTER: {
        "description": "Seconds after which it is worth trying again.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 2,
    },
    WWW_AUTHENTICATE: {
        "description": "What kind of token is needed, and what is wrong with the one that was sent (RFC 6750).",
        "required": True,
        "schema": {"type": "string"},
        "example": "Bearer",
    },
    IDEMPOTENCY_REPLAYED: {
        "description": "There where this is the first answer to a request that was repeated under its key.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    STANDING_AS_OF: {
        "description": "To an officer: the last instant at which everything that was told of officers' standing was"
        " surely known here.",
        "schema": {"type": "string", "format": "date-time"},
        "example": "2026-11-22T14:05:00.000Z",
    },
    STANDING_STALE: {
        "description": "To an officer: there where that instant lies more than ten seconds back.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
}


def told(*names: str) -> dict[str, dict[str, Any]]:
    """These headers, for the `responses=` of a route of which no convention says that it bears them."""
    return {name: _TOLD[name] for name in names}


def complete(document: Mapping[str, Any], path: str, method: str) -> None:
    """Tell of every header that the answers of one operation bear."""
    operation = document["paths"][path][method]
    of_success = _borne_by_success(document["paths"], path, method)
    tells_standing = STANDING_AS_OF in operation["responses"].get("200", {}).get("headers", {})
    for status, response in operation["responses"].items():
        names = of_success if status < "300" else set()
        if status == "207":
            names = names - {LOCATION, ETAG}  # many things, each with an address and a version of its own
        if status == "204":
            names = names - {ETAG}  # what is gone has none
        if status == "401":
            names = {WWW_AUTHENTICATE}
        if status == "429" or (status == "503" and path.startswith(OF_THE_API)):
            names = {RETRY_AFTER}
        if tells_standing and status in ("403", "503"):
            names = names | {STANDING_AS_OF, STANDING_STALE}
        if names:
            # Beside those that the route has told of itself.
            response.setdefault("headers", {}).update({name: _TOLD[name] for name in sorted(names)})


def _borne_by_success(paths: Mapping[str, Any], path: str, method: str) -> set[str]:
    operation = paths[path][method]
    member = _member_of(paths, path) if method == "post" and operation.get("security") else None
    has_version = _is_versioned(paths, path) if method == "get" else "If-Match" in _parameters(operation)
    borne = {
        ETAG: has_version or (member is not None and _is_versioned(paths, member)),
        LOCATION: member is not None,
        LINK: "cursor" in _parameters(operation),
        VARY: len(operation["responses"].get("200", {}).get("content", {})) > 1,
        IDEMPOTENCY_REPLAYED: "Idempotency-Key" in _parameters(operation),
    }
    return {name for name, is_borne in borne.items() if is_borne}


def _member_of(paths: Mapping[str, Any], path: str) -> str | None:
    """The path of one thing of this list; None when it is no list of things that can be read one by one."""
    below = (other for other in paths if other.rpartition("/")[0] == path and other.endswith("}"))
    return next((member for member in below if "get" in paths[member]), None)


def _is_versioned(paths: Mapping[str, Any], path: str) -> bool:
    """Whether a change of what is read at this path may say which version it is meant for."""
    for change, methods in paths.items():
        if any("If-Match" in _parameters(operation) for operation in methods.values()):
            changed = change
            while changed and "get" not in paths.get(changed, {}):
                changed = changed.rpartition("/")[0]
            if changed == path:
                return True
    return False


def _parameters(operation: Mapping[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", ())}
