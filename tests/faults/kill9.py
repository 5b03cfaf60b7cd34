"""kill -9 of every part in the middle of 5,000 alerts, then on; counts at the end.

    .venv/bin/python -m tests.faults.kill9 [--alerts 5000] [--rounds 1] [--json]

It starts a stack of its own, posts alerts at a steady rate over loopback (each is posted again,
under its dedup key, until it got a 2xx), kills each part in turn while
they flow, waits until everything drained, and then asks the database. It exits 1 if anything that
was promised did not hold: every alert that got a 2xx has an outcome and its ticket, every notice an
outcome, no problem two open tickets, events without a gap, effects once.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.scenarios.running import Stack, running
from tierline.runtime.home import Home

VICTIMS = ("intake", "router", "sla-timer", "notifier", "console", "broker", "postgres")
CONNECTIONS = 16
RATE_PER_S = 150
REPEATS_OF = 5
"""Each fifth alert repeats an earlier problem."""

TRIES_MAX = 400
DRAIN_SECONDS = 180


@dataclass
class Report:
    """What was done and what was found."""

    alerts: int = 0
    accepted: int = 0
    tries: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)
    posted_s: float = 0.0
    drained_s: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


async def post_all(stack: Stack, report: Report, progress: list[int]) -> dict[int, str]:
    """Post every alert until it got a 2xx; returns, by alert id, its dedup key."""
    accepted: dict[int, str] = {}
    queue = iter(range(report.alerts))
    began = time.monotonic()

    async def worker(client: httpx.AsyncClient) -> None:
        for number in queue:
            ahead = number / RATE_PER_S - (time.monotonic() - began)
            if ahead > 0:
                await asyncio.sleep(ahead)
            key = f"problem-{number - number % REPEATS_OF if number % REPEATS_OF == 1 else number}"
            body = {"dedup_key": key, "title": f"Alert {key}", "client": "Harbour Dental"}
            accepted[await _post(client, body, report)] = key
            progress[0] += 1

    limits = httpx.Limits(max_connections=CONNECTIONS)
    headers = {"Authorization": f"Bearer {stack.key('api')}"}
    async with httpx.AsyncClient(
        base_url=stack.url("intake"), headers=headers, limits=limits, timeout=10
    ) as client:
        await asyncio.gather(*(worker(client) for _ in range(CONNECTIONS)))
    return accepted


async def _post(client: httpx.AsyncClient, body: dict[str, str], report: Report) -> int:
    for attempt in range(TRIES_MAX):
        report.tries += 1
        try:
            answer = await client.post("/v1/alerts", json=body)
        except httpx.TransportError as error:
            name = type(error).__name__
        else:
            if answer.is_success:
                return int(answer.json()["id"])
            name = str(answer.status_code)
        report.refused[name] = report.refused.get(name, 0) + 1
        await asyncio.sleep(min(0.05 * (attempt + 1), 0.5))
    raise RuntimeError(f"never accepted: {body}")


async def kill_each(stack: Stack, report: Report, progress: list[int], rounds: int) -> None:
    """Kill one part after the other, spread evenly over the alerts."""
    victims = VICTIMS * rounds
    for place, victim in enumerate(victims, start=1):
        at = report.alerts * place // (len(victims) + 1)
        while progress[0] < at:
            await asyncio.sleep(0.01)
        pid = await _pid_of(stack, victim)
        os.kill(pid, signal.SIGKILL)
        report.kills.append(f"{victim} at alert {progress[0]}")


async def _pid_of(stack: Stack, victim: str) -> int:
    """The victim's present process id, as the data folder records it."""
    for _ in range(600):
        children = json.loads((stack.home / "children.json").read_text())
        pid = children.get(victim, {}).get("pid")
        if pid:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                pid = None
        if pid:
            return int(pid)
        await asyncio.sleep(0.05)
    raise RuntimeError(f"{victim} is not running")


async def connect(stack: Stack) -> "asyncpg.Connection[Any]":
    """A connection to the stack's database, waiting for one that is coming back."""
    from tierline.runtime.embedded.postgres import EmbeddedPostgres  # noqa: PLC0415

    ports = Home(stack.home).run_state()["ports"]
    url = EmbeddedPostgres(stack.home / "postgres", ports["postgres"]).url()
    for _ in range(200):
        try:
            return await asyncpg.connect(url, timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            await asyncio.sleep(0.1)
    raise RuntimeError("PostgreSQL did not come back")


WAITING = {
    "alerts without an outcome": "SELECT count(*) FROM tierline.alert WHERE outcome IS NULL",
    "outbox rows": "SELECT count(*) FROM tierline.outbox",
    "events not yet judged by the notifier": (
        "SELECT count(*) FROM tierline.ticket t LEFT JOIN tierline.progress p"
        " ON p.ticket = t.id AND p.consumer = 'notifier' WHERE coalesce(p.seq, 0) < t.seq"
    ),
    "notices without an outcome": "SELECT count(*) FROM tierline.notice WHERE state = 'pending'",
    "messages without an outcome": "SELECT count(*) FROM tierline.message WHERE state = 'pending'",
}

STUCK = """
SELECT m.id, m.channel, m.attempt, m.due_at, m.reason, a.outcome, a.detail, a.began_at
FROM tierline.message m LEFT JOIN tierline.attempt a ON a.message = m.id AND a.number = m.attempt
WHERE m.state = 'pending' ORDER BY m.id LIMIT 5
"""
"""What the messages that still wait are waiting for."""

WRONG = {
    "problems with two open tickets": (
        "SELECT count(*) FROM (SELECT 1 FROM tierline.ticket WHERE state <> 'closed'"
        " GROUP BY client, problem_key HAVING count(*) > 1) AS x"
    ),
    "problems with two tickets": (
        "SELECT count(*) FROM (SELECT 1 FROM tierline.ticket"
        " GROUP BY client, problem_key HAVING count(*) > 1) AS x"
    ),
    "tickets whose events have a gap": (
        "SELECT count(*) FROM (SELECT t.id FROM tierline.ticket t JOIN tierline.event e"
        " ON e.ticket = t.id GROUP BY t.id, t.seq"
        " HAVING count(*) <> t.seq OR max(e.seq) <> t.seq) AS x"
    ),
    "alerts that took effect twice": (
        "SELECT count(*) FROM (SELECT 1 FROM tierline.event WHERE cause LIKE 'alert:%'"
        " AND type IN ('opened', 'alert_attached', 'recovered', 'reopened')"
        " GROUP BY cause HAVING count(*) > 1) AS x"
    ),
    "thresholds told twice": (
        "SELECT count(*) FROM (SELECT 1 FROM tierline.event"
        " WHERE type IN ('warned', 'breached', 'lapsed')"
        " GROUP BY ticket, cause HAVING count(*) > 1) AS x"
    ),
    "dead letters": "SELECT count(*) FROM tierline.dead_letter",
}

SEEN = {
    "alerts stored": "SELECT count(*) FROM tierline.alert",
    "tickets": "SELECT count(*) FROM tierline.ticket",
    "events": "SELECT count(*) FROM tierline.event",
    "notices": "SELECT count(*) FROM tierline.notice",
    "notices delivered": "SELECT count(*) FROM tierline.notice WHERE state = 'delivered'",
    "messages delivered": "SELECT count(*) FROM tierline.message WHERE state = 'delivered'",
    "sends begun twice": "SELECT count(*) FROM tierline.message WHERE attempt > 1",
}


async def drain(stack: Stack, report: Report) -> None:
    """Wait until nothing waits any more, or say what still does."""
    connection = await connect(stack)
    began = time.monotonic()
    try:
        while True:
            left = {name: await connection.fetchval(sql) for name, sql in WAITING.items()}
            report.drained_s = round(time.monotonic() - began, 1)
            if not any(left.values()):
                return
            if report.drained_s > DRAIN_SECONDS:
                report.failures += [str(dict(row)) for row in await connection.fetch(STUCK)]
                report.failures += [f"{count} {name}" for name, count in left.items() if count]
                return
            await asyncio.sleep(0.25)
    finally:
        await connection.close()


async def judge(stack: Stack, report: Report, accepted: dict[int, str]) -> None:
    """Ask the database whether every promise held."""
    connection = await connect(stack)
    try:
        for name, sql in {**SEEN, **WRONG}.items():
            report.counts[name] = await connection.fetchval(sql)
        rows = await connection.fetch(
            "SELECT a.id, t.problem_key FROM tierline.alert a"
            " JOIN tierline.ticket t ON t.id = a.ticket WHERE a.id = ANY($1::bigint[])",
            list(accepted),
        )
    finally:
        await connection.close()
    ticketed = {row["id"]: row["problem_key"] for row in rows}
    lost = [alert for alert in accepted if alert not in ticketed]
    strayed = [a for a, key in accepted.items() if a in ticketed and key not in ticketed[a]]
    report.counts["accepted alerts without their ticket"] = len(lost)
    report.counts["accepted alerts on another problem's ticket"] = len(strayed)
    report.failures += [
        f"{count} {name}" for name, count in report.counts.items() if count and name not in SEEN
    ]
    expected = len(set(accepted.values()))
    if report.counts["tickets"] != expected:
        report.failures.append(f"{report.counts['tickets']} tickets for {expected} problems")


async def drive(stack: Stack, alerts: int, rounds: int) -> Report:
    """The whole run on a running stack."""
    report = Report(alerts=alerts)
    progress = [0]
    began = time.monotonic()
    killing = asyncio.create_task(kill_each(stack, report, progress, rounds))
    accepted = await post_all(stack, report, progress)
    await killing
    report.accepted = len(accepted)
    report.posted_s = round(time.monotonic() - began, 1)
    await drain(stack, report)
    await judge(stack, report, accepted)
    return report


def main() -> int:
    """Run it and print the counts; 1 if a promise did not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--alerts", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=1, help="times each part is killed")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="tierline-kill9-") as folder,
        running(Path(folder)) as stack,
    ):
        report = asyncio.run(drive(stack, chosen.alerts, chosen.rounds))
    if chosen.json:
        print(json.dumps(asdict(report)))
    else:
        _print(report)
    return 1 if report.failures else 0


def _print(report: Report) -> None:
    print(f"alerts posted            {report.alerts} in {report.posted_s} s, {report.tries} tries")
    print(f"refused or broken off    {report.refused or 'none'}")
    print(f"killed                   {'; '.join(report.kills)}")
    print(f"drained after            {report.drained_s} s")
    for name, count in report.counts.items():
        print(f"{name:44} {count}")
    for failure in report.failures:
        print(f"FAILED: {failure}")
    if not report.failures:
        print("every alert that got a 2xx has its ticket, every notice its outcome, nothing twice")


if __name__ == "__main__":
    sys.exit(main())
