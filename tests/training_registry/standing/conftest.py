"""The registry on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.training_registry.standing.keeping import Registry, a_registry


@pytest.fixture
async def registry(database_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    """An officer, a rule, an agreement."""
    async with a_registry(database_url, tmp_path) as made:
        yield made
