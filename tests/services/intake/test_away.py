"""Accepted means durable: PostgreSQL away, and the edge killed."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable

import httpx
import pytest

from tests.services.intake.conftest import alert, bearer, make_rig
from tierline.runtime.ports import find_free_port
from tierline.runtime.probes import http_probe

EDGE = """
from intake.app import edge
from tierline.runtime.service import Service, run_service
from tierline.store.database import Database

async def build(settings):
    database = await Database.connect(settings.database_url)
    front = edge(database, lambda: None, {"postgres": database.alive})
    return Service(name="intake", app=front.app, on_stop=[front.batcher.close, database.close])

run_service("intake", build)
"""
START_SECONDS = 30
SENDERS = 16
ENOUGH = 300


async def test_with_postgres_away_nothing_is_acknowledged_and_then_it_goes_on(
    postgres_server, database_url: str, eventually: Callable
) -> None:
    rig = await make_rig(database_url)
    key = await rig.integration("api")
    fresh = await rig.integration("another")
    assert (await rig.post(key, alert("before"))).status_code == 202
    await postgres_server.kill()
    try:
        for raw in (key, fresh):  # one cached, one to be looked up
            answer = await rig.post(raw, alert("during"))
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert answer.json()["code"] == "database_away"
        answers = await asyncio.gather(*(rig.post(key, alert(f"d{n}")) for n in range(50)))
        assert {answer.status_code for answer in answers} == {503}
        assert (await rig.client.get("/healthz")).status_code == 200
        assert (await rig.client.get("/readyz")).status_code == 503
    finally:
        await postgres_server.start()

    async def accepted() -> bool:
        return (await rig.post(fresh, alert("after"))).status_code == 202

    await eventually(accepted)
    rows = await rig.fetch("SELECT DISTINCT dedup_key FROM tierline.alert ORDER BY 1")
    assert [row["dedup_key"] for row in rows] == ["after", "before"]
    await rig.client.aclose()
    await rig.batcher.close()
    await rig.database.close()


async def start_edge(url: str, port: int) -> asyncio.subprocess.Process:
    variables = {
        **os.environ,
        "TIERLINE_DATABASE_URL": url,
        "TIERLINE_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "TIERLINE_SECRET": "s" * 32,
        "TIERLINE_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", EDGE, env=variables, stderr=asyncio.subprocess.DEVNULL
    )
    ready = http_probe(f"http://127.0.0.1:{port}/readyz")
    deadline = time.monotonic() + START_SECONDS
    while await ready() is not None:
        if process.returncode is not None or time.monotonic() > deadline:
            pytest.fail("the edge did not start")
        await asyncio.sleep(0.05)
    return process


async def test_every_alert_that_got_its_202_survives_a_kill_of_the_edge(
    rig, database_url: str, eventually: Callable
) -> None:
    key = await rig.integration("api")
    port = find_free_port()
    process = await start_edge(database_url, port)
    acknowledged: list[int] = []

    async def send(number: int) -> None:
        with contextlib.suppress(httpx.TransportError):
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                while True:
                    body = [alert(f"{number}-a"), alert(f"{number}-b")]
                    answer = await client.post("/v1/alerts", json=body, headers=bearer(key))
                    assert answer.status_code == 202
                    acknowledged.extend(one["id"] for one in answer.json()["accepted"])

    try:
        senders = [asyncio.create_task(send(number)) for number in range(SENDERS)]
        await eventually(lambda: len(acknowledged) >= ENOUGH)
    finally:
        process.kill()
        await process.wait()
    await asyncio.gather(*senders)
    rows = await rig.fetch("SELECT id FROM tierline.alert")
    assert set(acknowledged) <= {row["id"] for row in rows}
    (messages,) = await rig.fetch("SELECT count(*) AS n FROM tierline.outbox")
    assert messages["n"] == len(rows)


async def test_a_stopped_edge_answers_what_it_has_begun(rig, database_url: str) -> None:
    """SIGTERM under load: every request is either answered 202 and stored, or not answered 202."""
    key = await rig.integration("api")
    port = find_free_port()
    process = await start_edge(database_url, port)
    stored: list[int] = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

        async def send(number: int) -> None:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.post(
                    "/v1/alerts", json=alert(f"k{number}"), headers=bearer(key)
                )
                if answer.status_code == 202:
                    stored.append(answer.json()["id"])

        await send(0)
        senders = [asyncio.create_task(send(number)) for number in range(1, 60)]
        await asyncio.sleep(0)
        process.terminate()
        await asyncio.gather(*senders)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    rows = await rig.fetch("SELECT id FROM tierline.alert")
    assert stored
    assert set(stored) <= {row["id"] for row in rows}
