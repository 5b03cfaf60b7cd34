"""Alerts accepted a second by a real intake process and an embedded PostgreSQL on loopback.

Run: python bench/accept.py [--seconds 5] [--connections 16]

The edge and its database alone: no broker, no triage. Load comes from this process, which shares
the machine's cores with both. Prints facts of the machine, a table and one line of JSON; it ends by
itself. The bars: 5,000 alerts/s one by one with p99 under 30 ms at 16 connections, 20,000/s in
lists of 100, 5,000/s with one key. Nothing is asserted.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

import asyncpg
import httpx
import uvloop

from intake.app import edge
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.ports import LOOPBACK, find_free_port
from tierline.runtime.service import Service, run_service
from tierline.store import migrate
from tierline.store.database import Database
from tierline.web.keys import KeyKind, hash_key, make_key

SERVE = "--serve"
READY_SECONDS = 30
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
ALERT = {
    "title": "Node exporter down on srv1",
    "status": "firing",
    "severity": "critical",
    "client": "Acme",
    "host": "srv1",
    "service": "node",
    "body": "The node exporter on srv1 has not answered for five minutes. " * 3,
    "labels": {"alertname": "HostDown", "instance": "srv1:9100", "severity": "critical"},
    "links": ["http://prometheus.example/graph"],
    "occurred_at": "2026-11-21T20:51:29.911802527Z",
}


async def build(settings):
    """intake's edge without the broker's side."""
    database = await Database.connect(settings.database_url)
    front = edge(database, lambda: None, {"postgres": database.alive})
    return Service(name="edge", app=front.app, on_stop=[front.batcher.close, database.close])


class Sender(asyncio.Protocol):
    """One connection that posts, waits for the answer, and posts again until the deadline."""

    def __init__(self, make, deadline, done):
        self.make, self.deadline, self.done = make, deadline, done
        self.latencies, self.failed, self.answer = [], 0, b""

    def connection_made(self, transport):
        self.transport = transport
        self._post()

    def _post(self):
        self.began = time.perf_counter()
        if self.began >= self.deadline:
            self.transport.close()
            return
        self.answer = b""
        self.transport.write(self.make())

    def data_received(self, data):
        self.answer += data
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self.latencies.append(time.perf_counter() - self.began)
        self.failed += not head.startswith(b"HTTP/1.1 202")
        self._post()

    def connection_lost(self, _error):
        if not self.done.done():
            self.done.set_result(self)


def requests(key, size, *, same_key):
    """A function that makes the next request's bytes: `size` alerts (0: one, not in a list)."""
    numbers = count()
    start, end = (json.dumps({"dedup_key": "@", **ALERT}).encode()).split(b"@")

    def alert():
        return b"%bk%d%b" % (start, 0 if same_key else next(numbers), end)

    def make():
        body = b"[" + b",".join(alert() for _ in range(size)) + b"]" if size else alert()
        return (
            b"POST /v1/alerts HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %b\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        ) % (key.encode(), len(body), body)

    return make


async def load(port, make, connections, seconds):
    loop = asyncio.get_running_loop()
    deadline = time.perf_counter() + seconds
    waits = [loop.create_future() for _ in range(connections)]
    for done in waits:
        await loop.create_connection(lambda done=done: Sender(make, deadline, done), LOOPBACK, port)
    return await asyncio.gather(*waits)


def cpu_seconds(pids):
    """User and system seconds so far of processes and their direct children."""
    total = 0
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(entry.name) in pids or int(fields[1]) in pids:
                total += int(fields[11]) + int(fields[12])
    return total / CLOCK_TICKS


async def commits(port):
    """Commits so far, and the seconds they took."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://{LOOPBACK}:{port}/metrics")).text
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    prefix = "tierline_accept_commit_seconds_"
    return float(found[prefix + "count"]), float(found[prefix + "sum"])


async def measure(name, port, make, size, pids, args):
    count_before, seconds_before = await commits(port)
    before, began = cpu_seconds(pids), time.perf_counter()
    senders = await load(port, make, args.connections, args.seconds)
    took, used = time.perf_counter() - began, cpu_seconds(pids) - before
    count_after, seconds_after = await commits(port)
    shared = max(1, count_after - count_before)
    latencies = sorted(one for sender in senders for one in sender.latencies)
    alerts = len(latencies) * max(size, 1)
    return {
        "load": name,
        "alerts_per_s": round(alerts / took),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2),
        "cpu_ms_per_alert": round(used / alerts * 1000, 3),
        "alerts_per_commit": round(alerts / shared, 1),
        "commit_ms": round((seconds_after - seconds_before) / shared * 1000, 2),
        "not_202": sum(sender.failed for sender in senders),
    }


async def run(args, folder):
    postgres = EmbeddedPostgres(folder / "postgres", find_free_port())
    await postgres.start()
    try:
        await asyncio.to_thread(migrate.upgrade, postgres.url())
        return await run_on(postgres, folder, args)
    finally:
        await postgres.stop()


async def run_on(postgres, folder, args):
    key, port = make_key(KeyKind.INTEGRATION), find_free_port()
    connection = await asyncpg.connect(postgres.url())
    await connection.execute(
        "INSERT INTO tierline.client (name) VALUES ('Acme');"
        "INSERT INTO tierline.integration (name, kind, client_field) VALUES ('b', 'json', 'client')"
    )
    await connection.execute(
        "INSERT INTO tierline.integration_key (hash, integration) VALUES ($1, 'b')", hash_key(key)
    )
    variables = {
        **os.environ,
        "TIERLINE_DATABASE_URL": postgres.url(),
        "TIERLINE_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "TIERLINE_SECRET": "s" * 32,
        "TIERLINE_PORT": str(port),
    }
    server = await asyncio.create_subprocess_exec(sys.executable, __file__, SERVE, env=variables)
    pids = {
        server.pid,
        int((folder / "postgres/data/postmaster.pid").read_text().splitlines()[0]),
    }
    try:
        await ready(port)
        await load(port, requests(key, 0, same_key=False), args.connections, 1)  # warm up
        rows = []
        for name, size, same in (
            ("one by one", 0, False),
            ("one by one, one key", 0, True),
            ("lists of 100", 100, False),
        ):
            make = requests(key, size, same_key=same)
            rows.append(await measure(name, port, make, size, pids, args))
        stored = await connection.fetchval("SELECT count(*) FROM tierline.alert")
        return rows, stored
    finally:
        server.terminate()
        await server.wait()
        await connection.close()


async def ready(port):
    deadline = time.monotonic() + READY_SECONDS
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"http://{LOOPBACK}:{port}/readyz")).is_success:
                    return
            await asyncio.sleep(0.05)
    raise SystemExit("intake did not get ready")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=16)
    args = parser.parse_args()
    facts = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "connections": args.connections,
        "seconds": args.seconds,
    }
    folder = Path(tempfile.mkdtemp(prefix="tierline-bench-"))
    folder.chmod(0o755)  # the server may run as another user
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            rows, stored = runner.run(run(args, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(facts)
    print(
        f"{'':24}{'alerts/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'cpu ms':>9}{'a commit':>9}"
        f"{'its ms':>9}{'not 202':>9}"
    )
    for row in rows:
        print(
            f"{row['load']:24}{row['alerts_per_s']:>10,}{row['p50_ms']:>9}{row['p99_ms']:>9}"
            f"{row['cpu_ms_per_alert']:>9}{row['alerts_per_commit']:>9}{row['commit_ms']:>9}"
            f"{row['not_202']:>9}"
        )
    print(json.dumps({**facts, "stored": stored, "rows": rows}))


if __name__ == "__main__":
    if SERVE in sys.argv:
        run_service("edge", build)
    main()
