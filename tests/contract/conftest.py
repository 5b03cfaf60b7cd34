"""The two sides of the store's contract."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.store import Fake, Real, Side


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """Where the real one is, one for all tests of a module; empty for the fake."""
    return request.getfixturevalue("module_database_url") if request.param == "real" else ""


@pytest_asyncio.fixture
async def side(store_url: str) -> AsyncIterator[Side]:
    made = await Real(store_url).open() if store_url else Fake()
    try:
        yield made
    finally:
        await made.close()
