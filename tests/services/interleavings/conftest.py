"""The world that the interleavings act on."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.services.interleavings.world import World, make_world


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        yield made
