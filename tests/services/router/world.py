"""A router without a process around it: the real application on a real database."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from router.app import application
from router.context import Context
from router.keys import keys_by
from router.people import People
from router.wrong_passwords import WrongPasswords
from tierline.domain.commands import Asker, Open
from tierline.domain.decide import decide_open
from tierline.domain.events import Actor
from tierline.domain.terms import Role, TicketType
from tierline.policy.crew import crew_of
from tierline.policy.folder import LoadedPolicy, load_folder
from tierline.policy.source import PolicySource
from tierline.store.database import Database
from tierline.store.floor import FloorSource
from tierline.store.tickets import (
    Change,
    draw_numbers,
    lock_tickets,
    policy_now,
    write_changes,
)
from tierline.web.auth import Authenticator
from tierline.web.health import Check
from tierline.web.keys import KeyKind, derive, hash_key
from tierline.web.passwords import Passwords, hash_password
from tierline.web.principal import ADMIN, NOTICES, READ, SCOPES, WRITE
from tierline.web.sse import Hub

ROOT = Path(__file__).resolve().parents[3]
MONDAY = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
SECRET = "a secret of a test, thirty-two characters long"
HARBOUR, OAKFIELD, TIDEWATER = "Harbour Dental", "Oakfield Schools", "Tidewater Freight"
PASSWORD = "correct horse battery staple"

PEOPLE = (
    ("priya", "Priya", "lead", ["Dispatch"], None),
    ("tom", "Tom", "lead", ["Network"], None),
    ("ines", "Ines", "technician", ["Network"], None),
    ("sam", "Sam", "technician", ["Dispatch", "Desk"], None),
    ("leila", "Leila", "technician", ["Desk"], None),
    ("grace", "Grace", "manager", ["Management"], None),
    ("wally", "Wally", "technician", ["Desk"], [HARBOUR]),
    ("nora", "Nora", "lead", ["Desk"], [OAKFIELD]),
)


class FakeRelay:
    """Counts how often it was told of a commit."""

    def __init__(self) -> None:
        self.nudges = 0

    def nudge(self) -> None:
        self.nudges += 1


@cache
def loaded_policy() -> LoadedPolicy:
    """The example policy, read once a process."""
    return load_folder(ROOT / "policy", year=2026)


@cache
def password_hash() -> str:
    return hash_password(PASSWORD)


def token_of(name: str) -> str:
    """The raw credential of a person's session, or of the token called `name`."""
    people = {person[0] for person in PEOPLE}
    return derive(SECRET, KeyKind.SESSION if name in people else KeyKind.TOKEN, name)


@dataclass
class World:
    """The application, its parts, and a client for anybody."""

    app: FastAPI
    context: Context
    relay: FakeRelay
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.context.db

    def as_(self, name: str) -> httpx.AsyncClient:
        """A client that sends the credential of `name` (empty: none)."""
        headers = {"Authorization": f"Bearer {token_of(name)}"} if name else {}
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(
            transport=transport, base_url="http://router", headers=headers, timeout=30
        )
        self.clients.append(client)
        return client

    async def open(self, title: str = "Printer on fire", **fields: Any) -> int:
        """Open an incident of Harbour Dental with the desk (or as `fields` say); its number."""
        body = {"type": "incident", "title": title, "client": HARBOUR, "start": "Desk", **fields}
        answer = await self.as_("priya").post("/v1/tickets", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["number"])

    async def do(self, who: str, number: int, command: str, **body: Any) -> httpx.Response:
        """Ask for a command as `who`."""
        return await self.as_(who).post(f"/v1/tickets/{number}/{command}", json=body)

    async def did(self, who: str, number: int, command: str, **body: Any) -> dict[str, Any]:
        """Ask for a command that must succeed; its answer."""
        answer = await self.do(who, number, command, **body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ticket(self, number: int, who: str = "priya") -> dict[str, Any]:
        answer = await self.as_(who).get(f"/v1/tickets/{number}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def jump(self, **by: float) -> None:
        """Move policy time forward, as anybody may on a development stack."""
        seconds = timedelta(**by).total_seconds()
        answer = await self.as_("sam").post("/v1/clock", json={"jump_s": seconds})
        assert answer.status_code == 200, answer.text

    async def sql(self, statement: str, *values: Any) -> Any:
        async with self.db.connection() as connection:
            return await connection.fetchval(statement, *values)

    async def counts(self) -> tuple[int, int, int]:
        """Rows of tickets, events and outbox."""
        return (
            await self.sql("SELECT coalesce(sum(seq), 0)::bigint FROM tierline.ticket"),
            await self.sql("SELECT count(*) FROM tierline.event"),
            await self.sql("SELECT count(*) FROM tierline.outbox"),
        )

    async def open_many(self, titles: Sequence[str], **fields: Any) -> list[int]:
        """Open tickets straight through the core, as triage would; their numbers."""
        policy, floor = self.context.source.current, self.context.floor.current
        asker = Asker(Actor("integration", "alertmanager"), Role.TECHNICIAN)
        async with self.db.transaction() as connection:
            numbers = await draw_numbers(connection, len(titles))
            now = await policy_now(connection)
            made = []
            for number, title in zip(numbers, titles, strict=True):
                said = {"client": HARBOUR, "agreement": "managed gold", **fields}
                command = Open(number, TicketType.ALERT, title, accepted_at=now, **said)
                decision = decide_open(command, asker, policy, floor, now, cause=f"alert/{number}")
                made.append(Change(None, decision.ticket, decision.events))
            await write_changes(connection, made)
        return numbers

    @asynccontextmanager
    async def locked(self, number: int) -> AsyncIterator[None]:
        """The ticket's row, held by somebody else's transaction."""
        async with self.db.transaction() as connection:
            await lock_tickets(connection, [number])
            yield

    async def waiting_for_locks(self) -> int:
        """How many connections to this database wait for a lock."""
        found: int = await self.sql(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return found


@asynccontextmanager
async def router_world(url: str, *, development: bool = True) -> AsyncIterator[World]:
    """The router on the migrated, empty database at `url`; policy time starts on a Monday."""
    db = await Database.connect(url, pool_max=10)
    try:
        await _fill(db)
        with _an_application() as (app, checks):
            world = await _built(app, checks, db, development=development)
            try:
                yield world
            finally:
                await asyncio.gather(*(client.aclose() for client in world.clients))
    finally:
        await db.close()


_IDLE: list[tuple[FastAPI, dict[str, Check]]] = []
"""Applications whose world has ended: to describe 200 routes anew takes a third of a second, and
what a test asks of one lies in its context alone."""


@contextmanager
def _an_application() -> Iterator[tuple[FastAPI, dict[str, Check]]]:
    """The application and the checks of its readiness, for one world at a time."""
    app, checks = _IDLE.pop() if _IDLE else _new_application()
    yield app, checks  # one whose world ended in an error is not used again
    app.state.context = None
    checks.clear()
    _IDLE.append((app, checks))


def _new_application() -> tuple[FastAPI, dict[str, Check]]:
    checks: dict[str, Check] = {}
    return application(checks), checks


async def _built(
    app: FastAPI, checks: dict[str, Check], db: Database, *, development: bool
) -> World:
    source, relay = PolicySource(db), FakeRelay()
    floor = FloorSource(db, crew=crew_of(source))
    await source.refresh()
    context = Context(
        db=db,
        source=source,
        floor=floor,
        relay=relay,
        hub=Hub(),
        authenticator=Authenticator(
            db, development=development, secrets=(SECRET,), keys=keys_by(source)
        ),
        people=People(db),
        passwords=Passwords(),
        wrong_passwords=WrongPasswords(),
        development=development,
    )
    checks.update({"postgres": db.alive, "policy": source.ready})
    app.state.context = context
    return World(app, context, relay)


async def _fill(db: Database) -> None:
    loaded = loaded_policy()
    async with db.transaction() as connection:
        await connection.execute(
            "INSERT INTO tierline.policy_version (version, document, active) VALUES ($1, $2, true)",
            loaded.policy.version,
            json.dumps(loaded.document),
        )
        await connection.executemany(
            "INSERT INTO tierline.client (name, agreement) VALUES ($1, $2)",
            [(client.name, client.agreement) for client in loaded.records.clients],
        )
        await connection.executemany(
            "INSERT INTO tierline.contact (client, name, email) VALUES ($1, $2, $3)",
            [(it.client, it.name, it.email) for it in loaded.records.contacts],
        )
        await connection.executemany(
            "INSERT INTO tierline.device (client, name, site, type, criticality)"
            " VALUES ($1, $2, $3, $4, $5)",
            [(d.client, d.name, d.site, d.type, d.criticality) for d in loaded.records.devices],
        )
        await connection.executemany(
            "INSERT INTO tierline.person (login, name, role, groups, clients, password_hash)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            [(*person, password_hash()) for person in PEOPLE],
        )
        await _credentials(connection)
        await connection.execute(
            "UPDATE tierline.policy_clock SET anchor = $1, real_anchor = clock_timestamp()", MONDAY
        )


async def _credentials(connection: Any) -> None:
    await connection.executemany(
        "INSERT INTO tierline.session (id, login, expires_at)"
        " VALUES ($1, $2, now() + interval '1 hour')",
        [(hash_key(token_of(person[0])), person[0]) for person in PEOPLE],
    )
    await connection.executemany(
        "INSERT INTO tierline.api_token (hash, name, login, scopes, clients)"
        " VALUES ($1, $2, $3, $4, $5)",
        [
            (hash_key(token_of("all")), "all", None, list(SCOPES), None),
            (hash_key(token_of("reader")), "reader", None, [READ], None),
            (hash_key(token_of("toms")), "toms", "tom", [READ, WRITE, NOTICES], [OAKFIELD]),
            (hash_key(token_of("mirror")), "mirror", None, [READ, WRITE, NOTICES], [HARBOUR]),
            (hash_key(token_of("walled admin")), "walled admin", None, [ADMIN], [HARBOUR]),
        ],
    )
