"""Every route of every service, walked by every role: what the table does not allow is refused."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.auth import PERMISSIONS, Role
from tests.flows.routes import routes_of
from tests.flows.suite import Suite, suite

OPEN_TO_ALL = {"/livez", "/readyz", "/metrics"}


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Suite]:
    async with suite(tmp_path, (f"sqlite:///{tmp_path / 'a.db'}", f"sqlite:///{tmp_path / 'b.db'}")) as made:
        yield made


async def test_every_route_names_one_permission_and_refuses_every_role_without_it(both: Suite) -> None:
    walked = 0
    for service in (both.referral_api, both.reporting):
        for method, path, permissions in routes_of(service):
            assert len(permissions) == 1, path
            address = re.sub(r"\{\w+\}", str(uuid4()), path)
            async with service.anonymous() as nobody:
                assert (await nobody.request(method, address)).status_code == 401, path
            for role in Role:
                async with service.client(role, provider="p-1" if role is Role.PROVIDER else None) as client:
                    status = (await client.request(method, address)).status_code
                allowed = permissions[0] in PERMISSIONS[role]
                assert (status == 403) is not allowed, (role, method, path, status)
                assert status < 500, (role, method, path, status)
                walked += 1
    assert walked >= len(Role) * 15


async def test_no_answer_may_be_kept(both: Suite) -> None:
    """Neither a record nor the refusal of one, wherever it is refused: before the routes, by one, or where none is."""
    async with both.referral_api.client("counselor") as client, both.referral_api.anonymous() as nobody:
        for path, status in (("/v1/schools", 200), ("/v1/schools?nul=%00", 422), (f"/v1/referrals/{uuid4()}", 404)):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers.get_list("cache-control")) == (status, ["no-store"]), path
        for path, status in (("/v1/schools", 401), ("/nowhere", 404), ("/livez", 200)):
            answer = await nobody.get(path)
            assert (answer.status_code, answer.headers.get_list("cache-control")) == (status, ["no-store"]), path


async def test_nothing_but_health_is_open(both: Suite) -> None:
    for service in (both.referral_api, both.reporting):
        named = {path for _, path, _ in routes_of(service)}
        assert set(service.app.openapi()["paths"]) - named == OPEN_TO_ALL
