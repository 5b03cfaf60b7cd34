"""The router's own fixtures."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.services.router.world import World, router_world


@pytest_asyncio.fixture(loop_scope="session")
async def world(database_url: str) -> AsyncIterator[World]:
    """A router on a database of its own, on a development stack."""
    async with router_world(database_url) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_world(module_database_url: str) -> AsyncIterator[World]:
    """A router whose database the tests of a module share."""
    async with router_world(module_database_url) as found:
        yield found
