"""A furnished world for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.services.notifier.world import World
from tierline.store.database import Database


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = await Database.connect(database_url)
    yield db
    await db.close()


@pytest.fixture
async def world(db: Database) -> World:
    return await World(db).furnish()
