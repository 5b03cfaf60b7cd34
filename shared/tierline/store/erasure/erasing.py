"""One erasure, from the look at everything to the row that remains of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from tierline.store.database import REPLAYABLE, Database
from tierline.store.erasure import beside, files, record
from tierline.store.erasure.catalog import Shape, shapes
from tierline.store.erasure.knowing import ErasureError, known, learned
from tierline.store.erasure.limits import PASSES_MAX, ROWS_AT_ONCE, TICKETS_AT_ONCE, TRIES_MAX
from tierline.store.erasure.looking import Found, look
from tierline.store.erasure.record import Erasure
from tierline.store.erasure.rows import Key, changed, read_locked, write
from tierline.store.erasure.tables import BY_MAIL, BY_TICKET
from tierline.store.erasure.tickets import change_tickets
from tierline.store.erasure.words import Person, Replacing
from tierline.store.tickets import Connection

T = TypeVar("T")

SOMEBODY = "erased"
"""What stands for the person while it is only looked."""

SPELLINGS_MAX = 9
"""Rows that were told apart by how the address was spelled keep apart: by a number behind."""

_TOO_ALIKE = (
    f"More than {SPELLINGS_MAX} rows differ in the spelling of the address alone.",
    "Close all but one of the tickets whose alerts name it, then run the same command again.",
)


@dataclass
class Done:
    """What became of an erasure; `left`: what could not be changed yet, and why.

    `pseudonym`: empty where nothing held the person. `rows`: changed, by table.
    """

    pseudonym: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    tickets: list[int] = field(default_factory=list)
    archives: list[str] = field(default_factory=list)
    ended_messages: int = 0
    left: list[str] = field(default_factory=list)

    def count(self, rows: dict[str, int]) -> None:
        """Add rows that were changed."""
        for table, more in rows.items():
            self.rows[table] = self.rows.get(table, 0) + more


class Eraser:
    """Erases persons outside from a database and from the files archived from it."""

    def __init__(self, db: Database, folder: Path | None) -> None:
        self._db = db
        self._folder = folder
        self._tables: dict[str, Shape] = {}

    async def foreseen(self, address: str, also: Iterable[str] = ()) -> tuple[Person, Found]:
        """Who is meant, and where they stand now; nothing is changed.

        Args:
            address: their mail address.
            also: names they go by, beside those that stand beside the address.

        Raises:
            ErasureError: it is of a colleague who is active, or archives lie in no known folder.
            ArchiveError: a file cannot be read.
        """
        person = await self._person(address, also)
        async with self._db.connection() as connection:
            marker = Replacing(person, SOMEBODY)
            return person, await look(connection, self._tables, marker, self._folder)

    async def _person(self, address: str, also: Iterable[str]) -> Person:
        async with self._db.connection() as connection:
            self._tables = await shapes(connection)
            names = await files.standing(connection)
            if names and self._folder is None:
                raise ErasureError(
                    f"{len(names)} archives may hold them, and TIERLINE_ARCHIVE is not set.",
                    "Set TIERLINE_ARCHIVE, or name the folder with --folder.",
                )
            person = await learned(connection, self._tables, address, also)
            before = await record.begun(connection, address)
            if self._folder is not None:
                old, new = await files.beside_them(connection, self._folder)
                for name in (*names, *old, *new):
                    found = await asyncio.to_thread(files.names_in, self._folder, name, address)
                    person = _merged(person, *found)
        return _merged(person, *before) if before else person

    async def erase(self, address: str, also: Iterable[str] = (), by: str = "") -> Done:
        """Put a pseudonym in place of the person, wherever they stand.

        Args:
            address: their mail address.
            also: names they go by, beside those that stand beside the address.
            by: who asks; empty: the login at the database.

        Raises:
            ErasureError: as `foreseen`.
            ArchiveError: a file cannot be read or written.
        """
        person, found = await self.foreseen(address, also)
        async with self._db.connection() as connection:
            cut_short = await record.begun(connection, address) is not None
        if found.nothing and not cut_short:
            return Done()
        erasure = await self._write(lambda c: record.begin(c, person, by))
        done = Done(erasure.pseudonym)
        replacing = Replacing(erasure.person, erasure.pseudonym)
        for _ in range(PASSES_MAX):
            done.left = []
            await self._pass(erasure, replacing, found, done)
            found = await self._look(replacing)
            if found.nothing or done.left:
                break
        if not done.left:
            done.left = [f"{table}: {count}" for table, count in found.rows.items()]
        if not done.left:
            await self._write(lambda c: record.end(c, erasure.id))
        return done

    async def _look(self, replacing: Replacing) -> Found:
        async with self._db.connection() as connection:
            if self._folder is not None:
                await files.forget_left(connection, self._folder)
            return await look(connection, self._tables, replacing, self._folder)

    async def _pass(self, erasure: Erasure, replacing: Replacing, found: Found, done: Done) -> None:
        """Change all that was found, what is beside tickets first.

        So an archive that is written meanwhile of a ticket as it was is refused (its ticket has
        changed since), and one written later holds nothing of what was beside it.
        """
        await self._end(erasure, found, done)
        done.left += [f"{name}: made lately, and not named yet" for name in found.lately]
        for name in found.archives:
            await self._file(erasure, replacing, name, done)
        for table, keys in found.keys.items():
            if table not in BY_TICKET:
                for some in _some(keys, ROWS_AT_ONCE):
                    await self._rows(erasure, replacing, table, some, done)
        for numbers in _some(found.tickets, TICKETS_AT_ONCE):
            await self._tickets(erasure, replacing, numbers, done)

    async def _end(self, erasure: Erasure, found: Found, done: Done) -> None:
        """What waits to be sent ends; the contact's record goes."""
        address = erasure.person.address
        notices = [key[self._place("notice", "id")] for key in found.keys["notice"]]
        for some in _some(found.keys["message"], ROWS_AT_ONCE):
            done.ended_messages += await self._write(_with(beside.end_messages, address, some))
        for numbers in _some(notices, ROWS_AT_ONCE):
            await self._write(_with(beside.end_notices, address, numbers))
        async with self._db.connection() as connection:
            if sending := await beside.being_sent(connection, address):
                done.left.append(f"{sending} messages to them are being sent")
            if waiting := await beside.untriaged(connection, found.keys["alert"]):
                done.left.append(f"{waiting} alerts: no outcome yet")
        await self._counted(erasure, done, lambda c: _drop_records(c, address))

    def _place(self, table: str, column: str) -> int:
        """Where a column stands in the key of a table."""
        return list(self._tables[table].key).index(column)

    async def _rows(
        self,
        erasure: Erasure,
        replacing: Replacing,
        table: str,
        keys: Sequence[Key],
        done: Done,
    ) -> None:
        async def work(connection: Connection) -> dict[str, int]:
            if table == BY_MAIL:
                return await _drop_mails(connection, keys)
            return await _change(connection, self._tables[table], keys, replacing)

        await self._counted(erasure, done, work)

    async def _file(self, erasure: Erasure, replacing: Replacing, name: str, done: Done) -> None:
        folder = self._folder
        assert folder is not None  # noqa: S101 - files were looked at only where there is one
        new = await asyncio.to_thread(files.write_anew, folder, name, replacing)

        async def work(connection: Connection) -> dict[str, int]:
            named = await files.take_place(connection, name, new)
            return {"archive files": 1} if named else {}

        if not await self._counted(erasure, done, work):
            await asyncio.to_thread(files.remove, folder, name)  # the database never named it
        done.archives.append(new.file)

    async def _tickets(
        self, erasure: Erasure, replacing: Replacing, numbers: Sequence[int], done: Done
    ) -> None:
        unheard: list[int] = []

        async def work(connection: Connection) -> dict[str, int]:
            found = await change_tickets(connection, self._tables, replacing, numbers)
            unheard[:] = found.unheard
            return found.rows

        try:
            await self._counted(erasure, done, work)
        except asyncpg.UniqueViolationError:
            await self._tickets_apart(erasure, replacing, numbers, done)
            return
        done.tickets = sorted({*done.tickets, *numbers} - {*unheard})
        done.left += [f"ticket {number}: a service has yet to read of it" for number in unheard]

    async def _tickets_apart(
        self, erasure: Erasure, replacing: Replacing, numbers: Sequence[int], done: Done
    ) -> None:
        """Open tickets whose problems differ in the spelling of the address alone: one by one."""
        if len(numbers) > 1:
            for number in numbers:
                await self._tickets(erasure, replacing, [number], done)
            return
        _, _, spelled = replacing.pseudonym.partition("+")
        spelling = int(spelled or 1) + 1
        if spelling > SPELLINGS_MAX:
            raise ErasureError(*_TOO_ALIKE)
        await self._tickets(erasure, replacing.apart(spelling), numbers, done)

    async def _counted(
        self,
        erasure: Erasure,
        done: Done,
        work: Callable[[Connection], Awaitable[dict[str, int]]],
    ) -> dict[str, int]:
        """Do some work, and count with it, in one transaction, what it changed."""

        async def both(connection: Connection) -> dict[str, int]:
            rows = await work(connection)
            await record.count(connection, erasure.id, rows)
            return rows

        rows = await self._write(both)
        done.count(rows)
        return rows

    async def _write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        for _ in range(TRIES_MAX - 1):
            try:
                return await self._once(work)
            except REPLAYABLE:
                continue  # somebody else was in the way
        return await self._once(work)

    async def _once(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._db.transaction() as connection:
            return await work(connection)


def _with(work: Callable[..., Awaitable[T]], *args: Any) -> Callable[[Connection], Awaitable[T]]:
    return lambda connection: work(connection, *args)


def _some(things: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    for at in range(0, len(things), most):
        yield things[at : at + most]


def _merged(person: Person, names: Iterable[str], clients: Iterable[str]) -> Person:
    return known(person.address, {*person.names, *names}, {*person.clients, *clients})


async def _change(
    connection: Connection, shape: Shape, keys: Sequence[Key], replacing: Replacing
) -> dict[str, int]:
    count = 0
    for key in keys:
        row = await read_locked(connection, shape, key)
        if (
            row is not None
            and not beside.waits(shape, row, replacing)
            and changed(shape, row, replacing)
        ):
            await _write_apart(connection, shape, row, replacing)
            count += 1
    return {shape.table: count} if count else {}


async def _write_apart(
    connection: Connection, shape: Shape, row: Any, replacing: Replacing
) -> None:
    """Write a row; where another stands under the same key by now, under the next spelling."""
    spelled = replacing
    for spelling in range(2, SPELLINGS_MAX + 2):
        try:
            async with connection.transaction():
                return await write(connection, shape, row, changed(shape, row, spelled))
        except asyncpg.UniqueViolationError:
            spelled = replacing.apart(spelling)
    raise ErasureError(*_TOO_ALIKE)


async def _drop_mails(connection: Connection, keys: Sequence[Key]) -> dict[str, int]:
    await connection.execute(beside.DROP_MAILS, [key[0] for key in keys])
    return {BY_MAIL: len(keys)}


async def _drop_records(connection: Connection, address: str) -> dict[str, int]:
    dropped = await beside.drop_records(connection, address)
    return {"contact": dropped} if dropped else {}
