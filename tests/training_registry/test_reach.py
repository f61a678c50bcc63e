"""What binds every school is changed by nobody who acts for some of them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.testing.service import ServiceInTest
from tests.training_registry.requirements.builders import a_rule
from tests.training_registry.suite import NOON, training_registry
from training_registry.settings import Settings


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    async with training_registry(database_url, tmp_path, clock=lambda: NOON) as service:
        yield service


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/requirements/basic", a_rule()),
        ("DELETE", "/v1/requirements/basic", None),
        ("POST", "/v1/catalogue/adoptions", {"jurisdiction": "US-WA"}),
        ("PUT", "/v1/drill-quotas", {"adopt": "US-NY"}),
        ("POST", "/v1/credential-keys/rotation", None),
    ],
)
async def test_who_acts_for_some_schools_changes_nothing_of_the_whole_districts(
    api: ServiceInTest[Settings], method: str, path: str, body: Any
) -> None:
    sent = {} if body is None else {"json": body}
    async with api.client("district_admin") as admin, api.client("district_admin", "a-2", schools=["s-1"]) as keeper:
        assert (await admin.put("/v1/requirements/basic", json=a_rule())).status_code == 201
        refused = await keeper.request(method, path, **sent)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:rapport:problem:only-for-whole-district")
        assert (await admin.request(method, path, **sent)).status_code in (200, 204)
