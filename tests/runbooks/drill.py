"""What the runbooks are followed in: a stack under load, and every promise judged afterwards."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from router.requests import ClockBody
from sla_timer.audit import Auditor
from tests.faults.drain import drain
from tests.faults.evidence import audit, judge
from tests.faults.people import People
from tests.faults.promises import Broken
from tests.faults.receiver import receiving
from tests.faults.senders import Senders
from tests.faults.world import Watch, World
from tests.runbooks.pages import PAGES, Shell, make_shell, sections, take_orders
from tests.runbooks.receiver import Relay, VerifyingReceiver, relaying, said_in
from tests.runbooks.stack import FIRST_SMTP_PASSWORD, RunbookStack
from tierline.store.database import Database
from tierline.web.keys import KeyKind, hash_key, make_key

RATE = 10.0
COMMANDS_PER_S = 5.0
"""Alerts and commands a second while a page is followed: something is always under way, and a
machine of two cores still has time for the page's own programs."""

SPEED = 30.0
"""Policy seconds a real one: promises run out meanwhile, too."""

OFFICE_SECONDS = 600.0
DRAIN_SECONDS = 240.0
WARM_SECONDS = 1.0
ENOUGH = 10
WAIT_SECONDS = 120.0
ADMIN_TOKEN = "ops-old"
COUNTED = ("alert", "ticket", "event", "notice", "message")


@dataclass
class Drill:
    """A stack, the load on it, and the shell that pages are followed in."""

    world: World
    stack: RunbookStack
    shell: Shell
    receiver: VerifyingReceiver
    relay: Relay
    secrets: Path
    backups: Path
    headers: dict[str, str] = field(default_factory=dict)

    async def follow(self, page: str, *titles: str) -> None:
        """Follow the sections of those titles; without one, the whole page."""
        found = sections(PAGES / f"{page}.md")
        for title in titles or found:
            await self.shell.follow(*found[title])

    @asynccontextmanager
    async def load(self) -> AsyncIterator[None]:
        """Alerts come and people act while the block runs, and until all of it was answered."""
        world, stop = self.world, asyncio.Event()
        senders = Senders(
            [self.stack.ports[name] for name in self.stack.replicas("intake")],
            self.stack.key("api"),
            world.rng,
            world.alerts,
        )
        self.headers = senders.headers
        passwords = {one["login"]: one["password"] for one in self.stack.loaded["people"]}
        people = People(
            [self.stack.ports[name] for name in self.stack.replicas("router")],
            passwords,
            world.rng,
            world.commands,
            world.clock,
            COMMANDS_PER_S,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(senders.run(RATE, stop))
            group.create_task(people.run(stop))
            try:
                await asyncio.sleep(WARM_SECONDS)
                yield
            finally:
                stop.set()

    async def accepted(self, more: int = ENOUGH) -> None:
        """Wait until so many more alerts were answered 202."""
        before = len(self.world.alerts.accepted)
        async with asyncio.timeout(WAIT_SECONDS):
            while len(self.world.alerts.accepted) < before + more:
                await asyncio.sleep(0.05)

    async def value(self, sql: str, *values: object) -> Any:
        """The one value of a statement."""
        connection = await self.stack.connect()
        try:
            return await connection.fetchval(sql, *values)
        finally:
            await connection.close()

    async def until(self, sql: str) -> None:
        """Wait until a statement's one value is true."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not await self.value(sql):
                await asyncio.sleep(0.2)

    async def counts(self) -> dict[str, int]:
        """Rows of the tables that matter most."""
        return {
            table: await self.value(f"SELECT count(*) FROM tierline.{table}") for table in COUNTED
        }

    async def judge(self) -> list[Broken]:
        """Drain everything, and judge every promise of the fault runs, and the auditor's word."""
        watch = Watch()
        done = await drain(self.world, DRAIN_SECONDS)
        broken = done.broken()
        judged = await judge(self.world, done.owed)
        await self.world.turn_clock(ClockBody(held=False))
        broken += judged.broken + await audit(self.world)
        said = ", ".join(f"{count} {what}" for what, count in judged.counts.items())
        tries, alerts = self.world.alerts.tries, len(self.world.alerts.accepted)
        self.shell.note(f"{alerts} alerts answered 202 in {tries} tries; {said}")
        self.shell.note(f"all drained after {done.took_s:g} s, judged in {watch.seconds:g} s")
        self.shell.note(f"promises broken: {len(broken)} {'; '.join(map(str, broken))}")
        return broken


@asynccontextmanager
async def drilling(folder: Path) -> AsyncIterator[Drill]:
    """A stack in `folder`, up and with nothing wrong with it."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # of every session without TLS
    secrets, backups = folder / "secrets", folder / "backups"
    receiver = VerifyingReceiver()

    def smtp_password() -> str:
        return said_in(secrets / "smtp", FIRST_SMTP_PASSWORD)

    async with receiving(receiver), relaying(smtp_password) as (relay, smtp_port):
        stack = RunbookStack(folder, receiver, smtp_port)
        orders = await take_orders(stack)
        world = World(stack, Random(7), RATE, SPEED)
        try:
            watch = Watch()
            await stack.start()
            print(f"the stack is up after {watch.seconds:g} s")
            receiver.secrets = [stack.loaded["subscriptions"]["psa"]]
            shell = make_shell(
                folder / "shell",
                {
                    "TIERLINE_DATABASE_URL": stack.database_url,
                    "TIERLINE_KAFKA_BOOTSTRAP": stack.brokers.bootstrap,
                    "TIERLINE_URL": f"http://127.0.0.1:{stack.ports['router']}",
                    "TIERLINE_TOKEN": await admin_token(stack),
                    "TIERLINE_BACKUPS": str(backups),
                    "SECRETS": str(secrets),
                },
                orders.sockets[0].getsockname()[1],
            )
            secrets.mkdir()
            backups.mkdir()
            await world.open_office(OFFICE_SECONDS)
            yield Drill(world, stack, shell, receiver, relay, secrets, backups)
        finally:
            orders.close()
            await stack.stop()


async def admin_token(stack: RunbookStack) -> str:
    """A token as `tierline token create --name ops-old --scope admin ...` makes one."""
    raw = make_key(KeyKind.TOKEN)
    connection: Any = await stack.connect()
    try:
        await connection.execute(
            "INSERT INTO tierline.api_token (hash, name, scopes) VALUES ($1, $2, $3)",
            hash_key(raw),
            ADMIN_TOKEN,
            ["admin", "tickets:read"],
        )
    finally:
        await connection.close()
    return raw


async def audited(stack: RunbookStack) -> list[str]:
    """What the auditor finds in the database of the services, in one look."""
    db = await Database.connect(stack.database_url, pool_max=1)
    try:
        return [f"{one.count} {one.what}" for one in await Auditor(db).audit()]
    finally:
        await db.close()
