"""The floor as services see it: load, turns, lapses, people; read on the side, a second old.

Counting a million open tickets inside every batch would cost more than the batch. The event keeps
`as_of`, so the load that a decision saw is never in doubt (docs/decisions/0005). The count reads
every open ticket's index entry, so the more there are the less often it is made.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from tierline.domain.events import Event
from tierline.domain.floor import Floor, Turns
from tierline.domain.freezes import Freezes
from tierline.domain.people import Person
from tierline.domain.rota.rotas import Rotas
from tierline.domain.serving import Partners
from tierline.domain.ticket import Ticket
from tierline.store.database import UNREACHABLE, Database
from tierline.store.freezes import read_freezes
from tierline.store.lapses import read_lapses
from tierline.store.partners import read_partners
from tierline.store.tickets import Connection, policy_now, read_floor, read_turns

FLOOR_EVERY_S = 1.0
FLOOR_SHARE = 0.02
"""Of the time, at most this share is spent reading: a reading of 100 ms is followed by 5 s."""

FLOOR_EVERY_MAX_S = 30.0

ROTAS_EVERY_S = 5.0
"""How old what we know of schedules, absences, partners and freezes may be, in real seconds."""

log = structlog.get_logger(__name__)


ReadRotas = Callable[[Connection], Awaitable[Rotas]]


@dataclass(frozen=True, slots=True)
class Crew:
    """How people are read, and whose turns (group, login) are: of groups that offer tickets."""

    read: Callable[[Connection], Awaitable[Mapping[str, Person]]]
    members: Callable[[], Sequence[tuple[str, str]]]


class FloorSource:
    """Holds the last floor read; `current` never blocks."""

    def __init__(
        self, db: Database, read_rotas: ReadRotas | None = None, crew: Crew | None = None
    ) -> None:
        """A source.

        Args:
            db: the store.
            read_rotas: how on-call schedules are read; without it nobody is on call, and
                neither partners nor freezes are read.
            crew: how people are read; without it nothing is known of them but their logins.
        """
        self._db = db
        self._crew = crew
        self._people: Mapping[str, Person] = {}
        self._read_rotas = read_rotas
        self._rotas = Rotas()
        self._rotas_due = 0.0
        self._partners: Partners = {}
        self._freezes: Freezes = {}
        self._floor = Floor(datetime.fromtimestamp(0, UTC))

    @property
    def current(self) -> Floor:
        """The floor as last read; before the first read an empty one as of 1970."""
        return self._floor

    def moved(self, floor: Floor) -> None:
        """Take `floor`, as a batch that was written left it, until the next reading.

        A reading that ended since the batch began knows more, and stays.
        """
        if floor.as_of >= self._floor.as_of:
            self._floor = floor

    def fold(self, before: Ticket | None, now: Ticket, events: Iterable[Event] = ()) -> None:
        """Count a ticket that was as `before` and is `now`, by `events`, until the next reading."""
        self._floor = self._floor.after(before, now, events)

    async def refresh(self) -> Floor:
        """Read it now; who is on call and who works here, where that is ROTAS_EVERY_S old."""
        async with self._db.connection() as connection:
            await self._refresh_rotas(connection)
            floor = await read_floor(connection, await policy_now(connection))
            turns = await self._read_turns(connection)
            lapses = await read_lapses(connection, floor.as_of)
        self._floor = replace(
            floor,
            on_call=self._rotas.on_call,
            partners=self._partners,
            freezes=self._freezes,
            people=self._people,
            turns=turns,
            lapses=lapses,
        )
        return self._floor

    async def _refresh_rotas(self, connection: Connection) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._rotas_due:
            return
        if self._read_rotas is not None:
            self._rotas = await self._read_rotas(connection)
            self._partners = await read_partners(connection)
            self._freezes = await read_freezes(connection)
        if self._crew is not None:
            self._people = await self._crew.read(connection)
        self._rotas_due = now + ROTAS_EVERY_S

    async def _read_turns(self, connection: Connection) -> Turns:
        """Nothing is asked where no group offers its tickets."""
        members = self._crew.members() if self._crew is not None else ()
        return await read_turns(connection, members) if members else {}

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh until `stop`, every FLOOR_EVERY_S real seconds or as its own cost demands."""
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            began, wait_s = clock(), FLOOR_EVERY_S
            try:
                await self.refresh()
                wait_s = next_reading_s(clock() - began)
            except UNREACHABLE as error:
                log.warning("floor not refreshed", reason=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait_s)


def next_reading_s(took_s: float) -> float:
    """Real seconds to wait after a reading that took `took_s`."""
    return max(FLOOR_EVERY_S, min(took_s / FLOOR_SHARE, FLOOR_EVERY_MAX_S))
