"""What a running service has at hand, and the dependencies by which routes get at it.

The write transaction is opened here and in `shared.consumer`, nowhere else.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.auth import Caller, Role, Verifier
from shared.auth.errors import NoToken, NotPermitted
from shared.auth.permissions import PERMISSIONS, PUBLIC, Permission
from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, Database, ReadSession, Session
from shared.http.queries import ensure_known


def utc_now() -> datetime:
    """The clock of a running service; tests hand in a fixed one."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What one service process works with; made in `__main__` or in a test, kept at `app.state.runtime`."""

    service: str
    database: Database
    verifier: Verifier
    ring: KeyRing
    clock: Callable[[], datetime] = utc_now


_bearer = HTTPBearer(auto_error=False, description="A JWT of the district's identity provider.")


def runtime(request: Request) -> Runtime:
    """The process's runtime."""
    at_hand: Runtime = request.app.state.runtime
    return at_hand


def allowed(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    """A dependency that gives the caller if his role has the permission; every route names one.

    Raises: Unauthenticated (401), NotPermitted (403), RequestHasFaults (422) for a query parameter it does not know.
    """

    async def caller_with_permission(
        request: Request, token: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
    ) -> Caller:
        if token is None:
            raise NoToken(headers={"WWW-Authenticate": "Bearer"})
        caller = await runtime(request).verifier.verify(token.credentials)
        # Before the caller is noted: a refused slip is no repeat, whose first answer would have to be looked up by the
        # digest of a body that may be large.
        ensure_known(request)
        request.state.caller = caller
        if permission not in PERMISSIONS[caller.role]:
            raise NotPermitted(f"The role {caller.role} does not have {permission}.")
        return caller

    caller_with_permission.permission = permission  # type: ignore[attr-defined]  # read by the role x route walk
    return caller_with_permission


def open_to_everybody(permission: Permission) -> Callable[..., Awaitable[None]]:
    """A dependency for what nobody needs a token for; it names a permission of `PUBLIC`.

    Raises: RequestHasFaults (422) for a query parameter that the route does not know.
    """
    if permission not in PUBLIC:
        raise ValueError(f"{permission} is not public")

    async def anybody(request: Request) -> None:
        ensure_known(request)

    anybody.permission = permission  # type: ignore[attr-defined]  # read by the role x route walk
    return anybody


async def _write_session(request: Request) -> AsyncIterator[Session]:
    at_hand = runtime(request)
    async with at_hand.database.write(request.state.caller.district_id) as session:
        request.state.session = session
        yield session


async def _public_session(request: Request) -> AsyncIterator[ReadSession]:
    async with runtime(request).database.read(EVERY_DISTRICT) as session:
        yield session


async def _public_write_session(request: Request) -> AsyncIterator[Session]:
    # Nobody's district is known before his code is. What he sends announces nothing, or what may wait for the relay's
    # next look, a second at most: so it sleeps on.
    async with runtime(request).database.write(EVERY_DISTRICT, wakes_relay=False) as session:
        yield session


async def _read_session(request: Request) -> AsyncIterator[ReadSession]:
    at_hand = runtime(request)
    async with at_hand.database.read(request.state.caller.district_id) as session:
        yield session


@dataclass(frozen=True, slots=True)
class SessionByRole:
    """One transaction: it reads, and writes too where the caller's role leaves a trace of what it reads."""

    reads: ReadSession
    writes: Session | None


def writing_for(roles: frozenset[Role]) -> Callable[..., AsyncIterator[SessionByRole]]:
    """A dependency for what some roles cannot read without a note of it: these get a write session, all others none.

    So nobody else's reading waits for a turn at writing. To be taken with `scope="function"`, as the others are, and
    named after `caller` in a signature.
    """

    async def session_by_role(request: Request) -> AsyncIterator[SessionByRole]:
        at_hand, caller = runtime(request), request.state.caller
        if caller.role in roles:
            # What is noted announces nothing, so the relay sleeps on.
            async with at_hand.database.write(caller.district_id, wakes_relay=False) as session:
                yield SessionByRole(session, session)
        else:
            async with at_hand.database.read(caller.district_id) as session:
                yield SessionByRole(session, None)

    return session_by_role


# Coroutines although they await nothing: FastAPI sends a plain function to a thread, which costs 0.1 ms and more.
async def _at_hand(request: Request) -> Runtime:
    return runtime(request)


async def _now(request: Request) -> datetime:
    return runtime(request).clock()


# With FastAPI's default scope the commit would run after the response is sent, and a failed commit answer 201.
# Name them after `caller` in a signature: the transaction belongs to the caller's district.
WriteSession = Annotated[Session, Depends(_write_session, scope="function")]
ReadOnlySession = Annotated[ReadSession, Depends(_read_session, scope="function")]
PublicSession = Annotated[ReadSession, Depends(_public_session, scope="function")]
"""Reads of every district: for what is found by an id that nobody can guess, and is open to everybody."""
PublicWriteSession = Annotated[Session, Depends(_public_write_session, scope="function")]
"""Writes in whatever district an unguessable code belongs to: for what is sent without a token. Wakes no relay."""
AtHand = Annotated[Runtime, Depends(_at_hand)]
Now = Annotated[datetime, Depends(_now)]
