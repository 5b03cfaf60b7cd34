"""Alerts accepted a second by a real intake process and an embedded PostgreSQL on loopback.

The edge and its database alone: no broker, no triage. Load comes from the bench's own process,
which shares the machine's cores with both.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import asyncpg
import httpx

from bench.machine import ROOT
from bench.processes import cpu_seconds
from bench.rows import Row, Say, quantile
from bench.scale import Scale
from bench.sender import Make, Sent, for_seconds, in_arrays, one_by_one, send
from bench.stack import work_folder
from bench.waiting import until
from intake.app import edge
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.ports import LOOPBACK, find_free_port
from tierline.runtime.service import Service, run_service
from tierline.store import migrate
from tierline.store.database import Database
from tierline.web.keys import KeyKind, hash_key, make_key

ARRAY = 100
WARM_UP = 2_000
READY_SECONDS = 120
CLIENT = "Harbour Dental"
COMMIT_SECONDS = "tierline_accept_commit_seconds_"


@dataclass
class Edge:
    """The edge's process, its database, and a key for alerts."""

    port: int
    key: str
    db: "asyncpg.Connection[Any]"
    pids: tuple[int, ...]


@dataclass
class Load:
    """One load: what was sent, CPU seconds of edge and database, commits and their seconds."""

    alerts: int
    sent: Sent
    cpu_s: float
    commits: float
    commit_s: float

    @property
    def rate(self) -> float:
        """Alerts accepted a second."""
        return self.alerts / self.sent.took_s


async def measure(scale: Scale, say: Say) -> list[Row]:
    """One by one, one by one with one key, in arrays; then what the database holds of it."""
    numbers = count()
    async with _edge() as front:
        await send(front.port, one_by_one(front.key, islice(numbers, WARM_UP)))
        say(f"one by one for {scale.accept_s:g} s")
        single = await _load(front, one_by_one(front.key, numbers), 1, scale.accept_s)
        say("one by one, one key")
        same = one_by_one(front.key, numbers, dedup="one")
        one_key = await _load(front, same, 1, scale.accept_s / 3)
        say(f"arrays of {ARRAY}")
        arrays = in_arrays(front.key, numbers, ARRAY)
        many = await _load(front, arrays, ARRAY, scale.accept_s / 3)
        stored = await front.db.fetchval("SELECT count(*) FROM tierline.alert")
    sent = WARM_UP + single.alerts + one_key.alerts + many.alerts
    return [*_single_rows(single, scale), *_one_key_rows(one_key), *_array_rows(many, sent, stored)]


async def _load(front: Edge, make: Make, size: int, seconds: float) -> Load:
    commits, spent = await _commits(front.port)
    before = cpu_seconds(front.pids)
    sent = await send(front.port, for_seconds(seconds, make))
    used = cpu_seconds(front.pids) - before
    commits_after, spent_after = await _commits(front.port)
    alerts = (len(sent.latencies) - sent.failed) * size
    return Load(alerts, sent, used, commits_after - commits, spent_after - spent)


async def _commits(port: int) -> tuple[float, float]:
    """Commits so far, and the seconds they took."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://{LOOPBACK}:{port}/metrics")).text
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    return float(found[COMMIT_SECONDS + "count"]), float(found[COMMIT_SECONDS + "sum"])


def _single_rows(load: Load, scale: Scale) -> list[Row]:
    refused = f"{load.sent.failed} answers other than 202"
    return [
        Row(
            name=f"accepted and durable one by one, {scale.accept_s:g} s, 16 connections",
            measured=load.rate,
            unit="alerts/s",
            target=5_000,
            lower=False,
            rival=413,
            rival_name="GoAlert",
            note=f"edge and database alone; {refused}; Alertmanager 11,003, not durable",
        ),
        Row(name="... p50", measured=quantile(load.sent.latencies, 0.5) * 1000, unit="ms"),
        Row(
            name="... p99",
            measured=quantile(load.sent.latencies, 0.99) * 1000,
            unit="ms",
            target=30.0,
        ),
        Row(name="... CPU per alert", measured=load.cpu_s / load.alerts * 1000, unit="ms"),
        Row(name="... alerts a commit", measured=load.alerts / load.commits, unit="alerts"),
        Row(name="... a commit", measured=load.commit_s / load.commits * 1000, unit="ms"),
    ]


def _one_key_rows(load: Load) -> list[Row]:
    return [
        Row(
            name="accepted and durable, one key",
            measured=load.rate,
            unit="alerts/s",
            target=5_000,
            lower=False,
            rival=121,
            rival_name="GoAlert",
            note=f"{load.sent.failed} answers other than 202",
        ),
        Row(name="... p99", measured=quantile(load.sent.latencies, 0.99) * 1000, unit="ms"),
    ]


def _array_rows(load: Load, sent: int, stored: int) -> list[Row]:
    return [
        Row(
            name=f"accepted and durable in arrays of {ARRAY}",
            measured=load.rate,
            unit="alerts/s",
            target=20_000,
            lower=False,
            note=f"{load.sent.failed} answers other than 202",
        ),
        Row(
            name="... p99 of a request",
            measured=quantile(load.sent.latencies, 0.99) * 1000,
            unit="ms",
        ),
        Row(name="... CPU per alert", measured=load.cpu_s / load.alerts * 1000, unit="ms"),
        Row(
            name="rows stored less alerts answered with 202",
            measured=stored - sent,
            unit="alerts",
            note="above zero: taken, and the answer was cut off",
        ),
    ]


@asynccontextmanager
async def _edge() -> AsyncIterator[Edge]:
    """The edge in a process of its own on a database of its own."""
    folder = work_folder()
    postgres = EmbeddedPostgres(folder / "postgres", find_free_port())
    try:
        await postgres.start()
        await asyncio.to_thread(migrate.upgrade, postgres.url())
        db = await asyncpg.connect(postgres.url())
        key, port = await _integration(db), find_free_port({postgres.port})
        async with _process(postgres.url(), port) as pid:
            yield Edge(port, key, db, (pid, postgres.pid or 0))
        await db.close()
    finally:
        await postgres.stop()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _integration(db: "asyncpg.Connection[Any]") -> str:
    key = make_key(KeyKind.INTEGRATION)
    await db.execute(f"INSERT INTO tierline.client (name) VALUES ('{CLIENT}')")
    await db.execute(
        "INSERT INTO tierline.integration (name, kind, client_field) VALUES ('b', 'json', 'client')"
    )
    await db.execute(
        "INSERT INTO tierline.integration_key (hash, integration) VALUES ($1, 'b')", hash_key(key)
    )
    return key


@asynccontextmanager
async def _process(database_url: str, port: int) -> AsyncIterator[int]:
    variables = {
        **os.environ,
        "TIERLINE_DATABASE_URL": database_url,
        "TIERLINE_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "TIERLINE_SECRET": "s" * 32,
        "TIERLINE_PORT": str(port),
        "TIERLINE_SUPERVISOR_PID": str(os.getpid()),
    }
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.accept"),
        env=variables,
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"http://{LOOPBACK}:{port}/readyz")).is_success
        except httpx.TransportError:
            return False

    try:
        await until(ready, READY_SECONDS, 0.1)
        yield server.pid
    finally:
        server.terminate()
        await server.wait()


async def build(settings: Any) -> Service:
    """intake's edge without the broker's side."""
    database = await Database.connect(settings.database_url)
    front = edge(database, lambda: None, {"postgres": database.alive})
    return Service(name="edge", app=front.app, on_stop=[front.batcher.close, database.close])


if __name__ == "__main__":
    run_service("edge", build)
