"""A database with a policy, a clock that only the test moves, tickets, alerts and the services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import asyncpg

from intake.triage.triager import Triager
from router import commands
from router.context import Context
from router.transactions import write
from sla_timer.tick import Ticker
from tests.domain.worlds import MONDAY, MONITOR, SAM, example_policy
from tierline.domain.commands import Asker, Command, Open
from tierline.domain.decide import decide_open
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.terms import TicketType
from tierline.domain.ticket import Ticket
from tierline.messages.alert import AcceptedAlert, Alert, encode_alert
from tierline.messages.events import TicketMessage, decode_event
from tierline.store import events as stored
from tierline.store.database import SESSION, Database
from tierline.store.tickets import Change, draw_numbers, policy_now, read_ticket, write_changes
from tierline.testing.steps import Actor, SteppedDatabase

MUCH = 1_000_000


@dataclass
class World:
    """What a test acts on. `policy` may be replaced: the services read it at each decision.

    Nothing is gathered into storms: what is due at one instant climbs, each ticket by itself.
    """

    url: str
    db: Database
    policy: Policy = field(default_factory=lambda: replace(example_policy(), storm=None))
    commits: int = 0
    opened: list[Any] = field(default_factory=list)

    # -- time

    async def clock(self, at: datetime, *, held: bool = True, speed: float = 1.0) -> None:
        """Set policy time: from `at` (UTC) on, standing still or at `speed`."""
        await self.run(
            "UPDATE tierline.policy_clock SET anchor = $1, real_anchor = clock_timestamp(),"
            " held = $2, speed = $3, changed = changed + 1",
            at,
            held,
            speed,
        )

    async def now(self) -> datetime:
        async with self.db.connection() as connection:
            return await policy_now(connection)

    # -- statements of the test itself

    async def run(self, sql: str, *args: Any) -> None:
        async with self.db.connection() as connection:
            await connection.execute(sql, *args)

    async def rows(self, sql: str, *args: Any) -> list[Any]:
        async with self.db.connection() as connection:
            return list(await connection.fetch(sql, *args))

    async def value(self, sql: str, *args: Any) -> Any:
        async with self.db.connection() as connection:
            return await connection.fetchval(sql, *args)

    async def count(self, table: str, where: str = "true") -> int:
        return int(await self.value(f"SELECT count(*) FROM tierline.{table} WHERE {where}"))

    # -- tickets

    async def open(self, **stated: Any) -> Ticket:
        """Open one ticket at policy time now; `stated` replaces fields of the command."""
        return (await self.open_many(1, **stated))[0]

    async def open_many(self, count: int, **stated: Any) -> list[Ticket]:
        async with self.db.transaction() as connection:
            numbers = await draw_numbers(connection, count)
            now = await policy_now(connection)
            command = Open(
                id=0,
                type=TicketType.ALERT,
                title="Switch is down",
                client="Contoso",
                agreement="managed",
                accepted_at=now,
                facts={"severity": "error"},
            )
            command = replace(command, **stated)
            changes = []
            for number in numbers:
                one = replace(command, id=number)
                made = decide_open(one, MONITOR, self.policy, Floor(now), now, cause="test")
                changes.append(Change(None, made.ticket, made.events))
            await write_changes(connection, changes)
        return [change.after for change in changes]

    async def ticket(self, number: int) -> Ticket:
        async with self.db.connection() as connection:
            found = await read_ticket(connection, number)
        assert found is not None
        return found

    async def told(self, number: int) -> list[TicketMessage]:
        """Its events, in order, checked to be gapless."""
        async with self.db.connection() as connection:
            bodies = await stored.timeline(connection, number, after=0, limit=MUCH)
        found = [decode_event(body) for body in bodies]
        assert [one.event.seq for one in found] == list(range(1, len(found) + 1))
        return found

    async def names(self, number: int) -> list[str]:
        return [type(one.event.what).__name__ for one in await self.told(number)]

    async def do(
        self, number: int, command: Command, asker: Asker = SAM, *, db: Database | None = None
    ) -> commands.Done:
        """A command as the router's routes give it: in a transaction that may be run again."""
        context = self.context(db)

        async def work(connection: Any) -> commands.Done:
            return await commands.decide_within(context, connection, number, command, asker, "c")

        async with commands.refusals(context, number):
            return await write(context, work)

    # -- alerts

    async def alert(
        self,
        key: str = "disk",
        status: str = "firing",
        *,
        at: datetime | None = None,
        integration: str = "rmm",
        client: str = "Contoso",
        index: int = 0,
        age_s: float = 0.0,
        **more: Any,
    ) -> AcceptedAlert:
        """Accept an alert as the edge does; `at`: its acceptance, `age_s`: real seconds ago."""
        alert = Alert(dedup_key=key, title=f"{key} is full", status=status, **more)
        accepted_at = at or await self.now()
        number = await self.value(
            "INSERT INTO tierline.alert (accepted_at, received_at, idx, integration, source,"
            " client, dedup_key, body) VALUES ($1, clock_timestamp() - make_interval(secs => $2),"
            " $3, $4, $4, $5, $6, $7) RETURNING id",
            accepted_at,
            age_s,
            index,
            integration,
            client,
            key,
            encode_alert(alert).decode(),
        )
        return AcceptedAlert(number, index, accepted_at, integration, integration, client, alert)

    async def outcome(self, alert: AcceptedAlert) -> tuple[str | None, int | None]:
        row = (
            await self.rows("SELECT outcome, ticket FROM tierline.alert WHERE id = $1", alert.id)
        )[0]
        return row["outcome"], row["ticket"]

    # -- services

    def committed(self) -> None:
        self.commits += 1

    def floor(self) -> Floor:
        return Floor(datetime.fromtimestamp(0, UTC))

    def ticker(self, db: Database | None = None) -> Ticker:
        return Ticker(db or self.db, lambda: self.policy, self.floor, self.committed)

    def triager(self, db: Database | None = None) -> Triager:
        return Triager(db or self.db, lambda: self.policy, self.floor, self.committed)

    def context(self, db: Database | None = None) -> Context:
        parts: Any = SimpleNamespace
        nobody: Any = None
        return Context(
            db=db or self.db,
            source=_Current(lambda: self.policy),
            floor=_Current(self.floor),
            relay=parts(nudge=self.committed),
            hub=nobody,
            authenticator=nobody,
            people=nobody,
            passwords=nobody,
            wrong_passwords=nobody,
        )

    # -- more connections

    async def actor(self, *, lock_timeout_ms: int = 0) -> Actor:
        """One who is stepped through production code on connections of its own."""
        actor = Actor(
            await SteppedDatabase.open(self.url, lock_timeout_ms=lock_timeout_ms), self.db
        )
        self.opened.append(actor)
        return actor

    async def other_db(self, *, lock_timeout_ms: int = 2_000) -> Database:
        """A pool of its own, as a second replica has."""
        pool = await asyncpg.create_pool(
            self.url,
            min_size=1,
            max_size=5,
            server_settings=SESSION | {"lock_timeout": str(lock_timeout_ms)},
        )
        db = Database(pool)
        self.opened.append(db)
        return db


class _Current:
    """Stands for a policy or floor source: always what the test has put there."""

    def __init__(self, give: Any) -> None:
        self._give = give

    @property
    def current(self) -> Any:
        return self._give()

    def fold(self, before: Any, now: Any, events: Any = ()) -> None:
        """What was decided changes nothing that the test has put there."""


@asynccontextmanager
async def make_world(url: str, at: datetime = MONDAY) -> AsyncIterator[World]:
    """A world on the database at `url`, its clock held at `at`."""
    db = await Database.connect(url)
    world = World(url, db)
    await world.clock(at)
    try:
        yield world
    finally:
        for one in reversed(world.opened):
            await one.close()
        await db.close()
