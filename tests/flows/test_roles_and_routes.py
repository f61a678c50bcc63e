"""Every route of every service, walked by every role: what the table does not allow is refused."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.auth import PERMISSIONS, Role
from shared.auth.permissions import PUBLIC, Permission
from tests.flows.routes import routes_of
from tests.flows.suite import Suite, suite

pytestmark = pytest.mark.slow

OPEN_TO_ALL = {"/livez", "/readyz", "/metrics"}
NOT_PERMITTED = "urn:rapport:problem:not-permitted"


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Suite]:
    async with suite(tmp_path) as made:
        yield made


async def test_every_route_names_one_permission_and_refuses_every_role_without_it(services: Suite) -> None:
    walked = 0
    for service in services.services.values():
        for method, path, permissions in routes_of(service):
            assert len(permissions) == 1, path
            address = re.sub(r"\{\w+\}", str(uuid4()), path)
            everybody = permissions[0] in PUBLIC
            async with service.anonymous() as nobody:
                status = (await nobody.request(method, address)).status_code
                assert (status == 401) is not everybody, (method, path, status)
                assert not (everybody and status == 403), (method, path)
            for role in Role:
                async with service.client(role, provider="p-1" if role is Role.PROVIDER else None) as client:
                    answer = await client.request(method, address)
                case = (role, method, path, answer.status_code, answer.text[:200])
                allowed = everybody or permissions[0] in PERMISSIONS[role]
                assert (NOT_PERMITTED in answer.text) is not allowed, case
                # Also who may do it to what is his own may be refused what is another's.
                assert answer.status_code < 500, case
                assert allowed or answer.status_code == 403, case
                walked += 1
    assert walked >= len(Role) * 15


async def test_what_is_open_to_everybody_writes_nothing_but_answers_and_calls_for_help(services: Suite) -> None:
    sent_by_anybody = {Permission.SURVEYS_ANSWER, Permission.HELP_ASK}
    for service in services.services.values():
        for method, path, (permission,) in routes_of(service):
            assert permission not in PUBLIC - sent_by_anybody or method == "GET", path


async def test_no_answer_may_be_kept(services: Suite) -> None:
    """Neither a record nor the refusal of one, wherever it is refused: before the routes, by one, or where none is."""
    async with services.referral_api.client("counselor") as client, services.referral_api.anonymous() as nobody:
        for path, status in (("/v1/schools", 200), ("/v1/schools?nul=%00", 422), (f"/v1/referrals/{uuid4()}", 404)):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers.get_list("cache-control")) == (status, ["no-store"]), path
        for path, status in (("/v1/schools", 401), ("/nowhere", 404), ("/livez", 200)):
            answer = await nobody.get(path)
            assert (answer.status_code, answer.headers.get_list("cache-control")) == (status, ["no-store"]), path


async def test_nothing_but_health_is_open(services: Suite) -> None:
    for service in services.services.values():
        named = {path for _, path, _ in routes_of(service)}
        assert set(service.app.openapi()["paths"]) - named == OPEN_TO_ALL
