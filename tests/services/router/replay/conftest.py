"""Here the router's world is one in whose database a replay has begun."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.services.router.replaying import replaying
from tests.services.router.world import World


@pytest_asyncio.fixture(loop_scope="session")
async def world(database_url: str) -> AsyncIterator[World]:
    """A router in whose database a replay has begun."""
    async with replaying(database_url) as found:
        yield found
