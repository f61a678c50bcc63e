"""One request done right: a bearer token, an Idempotency-Key on every POST, and the same request again when it is lost.

A client cannot know whether a request was carried out when the connection drops before the answer. Sent again under the
same key it is carried out once, and the first answer comes back.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

from demo.people import Person, Tokens

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.2, 5.0
_PATIENCE_SECONDS = 120.0
_TRY_AGAIN = frozenset({502, 503, 504})
_LOST = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)
_ANSWER_WITHIN_SECONDS = 300.0  # also for half a million students' roster on its way

Body = Mapping[str, object] | Sequence[Mapping[str, object]] | Path
"""What is sent: one thing or a list of them as JSON, or a zip from disk."""


class Refused(Exception):
    """The service said no, and would say so again."""


class Unreachable(Exception):
    """The service did not answer for a long while."""


@dataclass(frozen=True, slots=True)
class Services:
    """Where the services listen."""

    referral_api: str
    climate_survey_api: str
    training_registry: str
    reporting: str

    @classmethod
    def at(cls, host: str, base: int) -> Self:
        """Those of a suite whose ports are counted from `base`."""
        return cls(*(f"http://{host}:{base + offset}" for offset in range(1, 5)))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    body: Any
    was_there: bool
    """Whether the request had been carried out before."""


class Client:
    """Requests to the suite, on behalf of many people."""

    def __init__(self, session: aiohttp.ClientSession, tokens: Tokens, services: Services) -> None:
        self.services = services
        self.requests = 0
        self.retries = 0
        self._session = session
        self._tokens = tokens

    async def ensure_up(self) -> None:
        """Wait until the services are ready. Raises: Unreachable, at once when nothing listens."""
        ends_at = time.monotonic() + _PATIENCE_SECONDS
        for url in astuple(self.services):
            while not await self._is_ready(url):
                if time.monotonic() > ends_at:
                    raise Unreachable(f"{url} does not become ready")
                await asyncio.sleep(_FIRST_WAIT_SECONDS)

    async def _is_ready(self, url: str) -> bool:
        try:
            return (await self._once("GET", f"{url}/readyz", {}, None, None)).status == 200
        except _LOST:
            raise Unreachable(f"nothing answers at {url}; `make up` starts a suite") from None

    async def get(
        self,
        url: str,
        *,
        caller: Person,
        query: Mapping[str, str] | None = None,
        also: frozenset[int] = frozenset(),
    ) -> Answer:
        """Read something; `also` are refusals that are an answer too. Raises: Refused, Unreachable."""
        return await self._insist("GET", url, caller=caller, headers={}, query=query, also=also)

    async def post(
        self,
        url: str,
        body: Body,
        *,
        caller: Person,
        key: str,
        also: frozenset[int] = frozenset(),
    ) -> Answer:
        """Send something new; `also` are refusals that count as done. Raises: Refused, Unreachable."""
        return await self._insist("POST", url, caller=caller, headers={"Idempotency-Key": key}, body=body, also=also)

    async def post_openly(self, url: str, body: Body, *, also: frozenset[int] = frozenset()) -> Answer:
        """Send what takes no token, and no key, because it can be done only once. Raises: Refused, Unreachable."""
        return await self._insist("POST", url, caller=None, headers={}, body=body, also=also)

    async def put(self, url: str, body: Body, *, caller: Person) -> Answer:
        """Say how something is; said twice it is the same. Raises: Refused, Unreachable."""
        return await self._insist("PUT", url, caller=caller, headers={}, body=body)

    async def _insist(
        self,
        method: str,
        url: str,
        *,
        caller: Person | None,
        headers: dict[str, str],
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        also: frozenset[int] = frozenset(),
    ) -> Answer:
        if caller is not None:
            headers = {"Authorization": f"Bearer {self._tokens.of(caller)}", **headers}
        wait, ends_at = _FIRST_WAIT_SECONDS, time.monotonic() + _PATIENCE_SECONDS
        while True:
            self.requests += 1
            try:
                answer = await self._once(method, url, headers, query, body)
            except _LOST as lost:
                problem = f"{type(lost).__name__}: {lost}"
            else:
                if answer.status < 300 or answer.status in also:
                    return answer
                problem = f"{answer.status} {answer.body}"
                if answer.status not in _TRY_AGAIN:
                    raise Refused(f"{method} {url} as {caller.role if caller else 'anybody'}: {problem}")
            if time.monotonic() > ends_at:
                raise Unreachable(f"{method} {url}: {problem}")
            self.retries += 1
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    async def _once(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        query: Mapping[str, str] | None,
        body: Body | None,
    ) -> Answer:
        async with AsyncExitStack() as stack:
            if isinstance(body, Path):
                file = stack.enter_context(body.open("rb"))  # anew for each try: the last one may have read half of it
                sending = self._session.request(
                    method, url, data=file, headers={**headers, "Content-Type": "application/zip"}
                )
            else:
                sending = self._session.request(method, url, json=body, params=query, headers=headers)
            response = await stack.enter_async_context(sending)
            is_json = "json" in response.headers.get("Content-Type", "")
            return Answer(
                response.status,
                await response.json(content_type=None) if is_json else await response.text(),
                was_there=response.status == 200 or "Idempotency-Replayed" in response.headers,
            )


@asynccontextmanager
async def open_client(tokens: Tokens, services: Services, *, connections: int) -> AsyncIterator[Client]:
    """A client that holds at most so many connections at once."""
    connector = aiohttp.TCPConnector(limit=connections)
    timeout = aiohttp.ClientTimeout(total=_ANSWER_WITHIN_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Client(session, tokens, services)
