"""The edge on a real database, posted to over ASGI."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from intake.app import edge
from intake.batch import Batcher
from tierline.store.database import Database
from tierline.web.keys import KeyKind, hash_key, make_key

PAYLOADS = Path(__file__).parent / "payloads"


@dataclass
class Rig:
    """The edge, its database, and what it told the relay."""

    database: Database
    client: httpx.AsyncClient
    batcher: Batcher
    nudges: list[int] = field(default_factory=list)

    async def fetch(self, query: str, *values: Any) -> list[Any]:
        async with self.database.connection() as connection:
            return await connection.fetch(query, *values)

    async def integration(self, name: str, kind: str = "json", **columns: Any) -> str:
        """A new integration; returns its raw key."""
        raw = make_key(KeyKind.INTEGRATION)
        async with self.database.connection() as connection:
            await connection.execute(
                "INSERT INTO tierline.integration (name, kind, client, client_field)"
                " VALUES ($1, $2, $3, $4)",
                name,
                kind,
                columns.get("client"),
                columns.get("client_field", ""),
            )
            await connection.execute(
                "INSERT INTO tierline.integration_key (hash, integration) VALUES ($1, $2)",
                hash_key(raw),
                name,
            )
        return raw

    async def clients(self, *names: str) -> None:
        async with self.database.connection() as connection:
            await connection.executemany(
                "INSERT INTO tierline.client (name) VALUES ($1)", [(name,) for name in names]
            )

    async def post(self, key: str, alerts: Any, **headers: str) -> httpx.Response:
        """Post a value as JSON to /v1/alerts."""
        return await self.client.post("/v1/alerts", json=alerts, headers={**bearer(key), **headers})


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def alert(key: str = "k1", **fields: Any) -> dict[str, Any]:
    return {"dedup_key": key, "title": f"{key} is broken", **fields}


async def make_rig(url: str) -> Rig:
    database = await Database.connect(url)
    nudges: list[int] = []
    front = edge(database, lambda: nudges.append(1), {"postgres": database.alive})
    transport = httpx.ASGITransport(app=front.app)
    client = httpx.AsyncClient(transport=transport, base_url="http://intake")
    return Rig(database, client, front.batcher, nudges)


@pytest_asyncio.fixture(loop_scope="session")
async def rig(database_url: str) -> AsyncIterator[Rig]:
    made = await make_rig(database_url)
    yield made
    await made.client.aclose()
    await made.batcher.close()
    await made.database.close()


@pytest.fixture
def payload() -> Callable[[str], bytes]:
    """The bytes of a payload by its name."""
    return lambda name: (PAYLOADS / f"{name}.json").read_bytes()


Post = Callable[..., Awaitable[httpx.Response]]
