"""Who and where: people's addresses, rooms, subscriptions. Read from Postgres, kept for seconds."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import asyncpg
import structlog

from notifier.channels.chat import KINDS
from notifier.channels.mail import usable_address
from notifier.limits import DIRECTORY_REFRESH_S, DIRECTORY_TTL_S
from notifier.outages import PASSING
from tierline.domain.snapshot import Snapshot
from tierline.messages.events import type_of
from tierline.store.database import Database

Connection: TypeAlias = "asyncpg.Connection[Any]"

log = structlog.get_logger(__name__)

NO_ADDRESS: Final = "no address"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told. `email` empty: they cannot."""

    login: str
    email: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """A chat room. `kind`: slack or mattermost; `url`: its incoming webhook, a secret.

    Without a URL it has no chat behind it, by choice: nothing is sent and nothing has failed.
    """

    name: str
    kind: str
    url: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who gets events. `clients`, `types`: None is all. `disabled`: why it gets none now.

    `restricted`: it gets those of restricted tickets too.
    """

    name: str
    url: str
    secrets: tuple[str, ...]
    clients: frozenset[str] | None = None
    types: frozenset[str] | None = None
    disabled: str = ""
    restricted: bool = False

    def may_see(self, client: str, *, restricted: bool) -> bool:
        """Whether tickets of `client`, or those of them that are restricted, are for it."""
        if restricted and not self.restricted:
            return False
        return self.clients is None or client in self.clients

    def wants(self, event: str, ticket: Snapshot) -> bool:
        """Whether it may see `ticket` and asked for `event` (`escalated`, or the whole type)."""
        if not self.may_see(ticket.client, restricted=bool(ticket.restricted)):
            return False
        return self.types is None or not self.types.isdisjoint({event, type_of(event)})


@dataclass(frozen=True, slots=True)
class Directory:
    """All of them at one moment, by login and by name."""

    people: Mapping[str, Person] = field(default_factory=dict)
    rooms: Mapping[str, Room] = field(default_factory=dict)
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)

    def mail_of(self, login: str) -> str:
        """The person's mail address; empty where there is none, or they have left."""
        person = self.people.get(login)
        if person is None or not person.active or not usable_address(person.email):
            return ""
        return person.email

    def room(self, name: str) -> Room | None:
        """The room, if something can be posted to it."""
        room = self.rooms.get(name)
        return room if room and room.url and room.kind in KINDS else None

    def subscribers(self, event: str, ticket: Snapshot) -> list[str]:
        """Names of the subscriptions that get this event, disabled ones included."""
        return [s.name for s in self.subscriptions.values() if s.wants(event, ticket)]


PEOPLE = "SELECT login, email, active FROM tierline.person"

ROOMS = "SELECT name, kind, url FROM tierline.room"


async def read_directory(connection: Connection) -> Directory:
    """Everything, in three statements."""
    people = await connection.fetch(PEOPLE)
    rooms = await connection.fetch(ROOMS)
    return Directory(
        people={row["login"]: Person(row["login"], row["email"], row["active"]) for row in people},
        rooms={row["name"]: Room(row["name"], row["kind"], row["url"]) for row in rooms},
        subscriptions=await read_subscriptions(connection),
    )


SUBSCRIPTIONS = (
    "SELECT name, url, secrets, clients, types, disabled_at IS NOT NULL AS disabled, why,"
    " restricted"
    " FROM tierline.subscription WHERE active ORDER BY name"
)


async def read_subscriptions(connection: Connection) -> dict[str, Subscription]:
    """The active subscriptions as they are this moment, by name."""
    rows = await connection.fetch(SUBSCRIPTIONS)
    return {row["name"]: _subscription(row) for row in rows}


def _subscription(row: Mapping[str, Any]) -> Subscription:
    return Subscription(
        name=row["name"],
        url=row["url"],
        secrets=tuple(row["secrets"]),
        clients=None if row["clients"] is None else frozenset(row["clients"]),
        types=None if row["types"] is None else frozenset(row["types"]),
        disabled=(row["why"] or "disabled") if row["disabled"] else "",
        restricted=row["restricted"],
    )


class DirectorySource:
    """The directory, kept fresh by a loop of its own (`run`); never older than DIRECTORY_TTL_S.

    Where a refresh fails the last one is kept for as long as that. From then on, whoever asks reads
    it for himself, and fails where he cannot: nobody is told by what is older.

    Args:
        db: the pool.
        clock: real seconds that never run backwards.
    """

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._clock = clock
        self._read_at = 0.0
        self._kept: Directory | None = None

    async def get(self, connection: Connection) -> Directory:
        """The directory, at most DIRECTORY_TTL_S seconds old; read only where the loop is late."""
        if self._kept is not None and self._clock() - self._read_at < DIRECTORY_TTL_S:
            return self._kept
        return await self._read(connection)

    async def refresh(self) -> Directory:
        """Read it now. Raises one of UNREACHABLE while Postgres is away."""
        async with self._db.connection() as connection:
            return await self._read(connection)

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh every DIRECTORY_REFRESH_S seconds until `stop`."""
        while not stop.is_set():
            try:
                await self.refresh()
            except PASSING as error:
                log.warning("people, rooms and subscriptions not refreshed", reason=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), DIRECTORY_REFRESH_S)

    async def _read(self, connection: Connection) -> Directory:
        now = self._clock()
        read = await read_directory(connection)
        if self._kept is None or now >= self._read_at:
            self._kept, self._read_at = read, now
        return read
