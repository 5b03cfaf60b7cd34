"""Tickets hear of their owners' absences: put on record, changed or taken back, by whatever way.

What is on record is compared with what was there at the last look, and each ticket of whoever is
concerned decides for itself, under its lock, whether that changes when its claim ends: telling it
twice, or by two routers at once, changes nothing. A router that starts tells every ticket anew.
"""

import asyncio
import contextlib
from collections.abc import Mapping

import structlog

from router.commands import decide_within
from router.context import Context
from router.limits import ABSENCES_EVERY_S, ABSENCES_LOOKS, ABSENT_TICKETS_MAX
from router.transactions import write
from tierline.domain.commands import Asker, NoteAbsence
from tierline.domain.events import SYSTEM
from tierline.domain.people import Away
from tierline.policy.crew import read_away
from tierline.policy.source import NoPolicyError
from tierline.store.database import REPLAYABLE, UNREACHABLE
from tierline.store.tickets import Connection
from tierline.web.problems import ProblemError

log = structlog.get_logger(__name__)

LOGINS = "SELECT name, login FROM tierline.person WHERE name = ANY($1::text[])"

OWNED = (
    "SELECT id FROM tierline.ticket WHERE owner = $1 AND id > $2"
    " AND state IN ('queued', 'working', 'on_hold') ORDER BY id LIMIT $3"
)

ByLogin = Mapping[str, tuple[Away, ...]]


class Absences:
    """Looks every ABSENCES_EVERY_S; `look()` is one look."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: ByLogin = {}
        self._left: dict[str, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until `stop`."""
        while not stop.is_set():
            try:
                await self.look()
            except (*UNREACHABLE, *REPLAYABLE) as error:
                log.warning("absences not looked at", reason=type(error).__name__)
            except (ProblemError, NoPolicyError) as error:
                log.info("absences wait", reason=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), ABSENCES_EVERY_S)

    async def look(self) -> int:
        """Tell the tickets of whoever's absences changed; returns how many took note.

        Each change is told at once, and again ABSENCES_LOOKS looks later: a timer whose floor is
        older than the change may meanwhile have found that nobody is away.
        """
        async with self._context.db.connection() as connection:
            found = await _by_login(connection)
        for login in self._known.keys() | found.keys():
            if self._known.get(login, ()) != found.get(login, ()):
                self._left[login] = ABSENCES_LOOKS
        self._known = found
        noted = 0
        for login, left in list(self._left.items()):
            if left in {0, ABSENCES_LOOKS}:
                noted += await self._tell(login, found.get(login, ()))
            if left:
                self._left[login] = left - 1
            else:
                del self._left[login]
        return noted

    async def _tell(self, login: str, away: tuple[Away, ...]) -> int:
        noted, after = 0, 0
        while True:
            async with self._context.db.connection() as connection:
                rows = await connection.fetch(OWNED, login, after, ABSENT_TICKETS_MAX)
            for row in rows:
                noted += await self._tell_ticket(row["id"], NoteAbsence(login, away))
            if len(rows) < ABSENT_TICKETS_MAX:
                return noted
            after = rows[-1]["id"]

    async def _tell_ticket(self, number: int, command: NoteAbsence) -> int:
        async def work(connection: Connection) -> int:
            cause = f"absences of {command.owner}"
            done = await decide_within(
                self._context, connection, number, command, Asker(SYSTEM), cause
            )
            return int(done.decision.rejected is None)

        try:
            return await write(self._context, work)
        except (*UNREACHABLE, *REPLAYABLE, ProblemError, NoPolicyError):
            raise
        except Exception:
            log.exception("a ticket cannot be told of an absence", ticket=number)
            return 0


async def _by_login(connection: Connection) -> ByLogin:
    away = await read_away(connection)
    rows = await connection.fetch(LOGINS, list(away))
    return {row["login"]: away[row["name"]] for row in rows}
