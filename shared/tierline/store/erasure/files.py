"""Archive files: one that holds the person is written anew beside the old one, and takes its place.

The database names the new file and takes the old for dropped in one transaction; the old file goes
last. What is cut short leaves a whole file that the database names, and is done again.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tierline.store.archive.files import (
    EVENT,
    TICKET,
    ArchiveError,
    Manifest,
    Writer,
    forget,
    tickets_in,
    unnamed,
    verify,
)
from tierline.store.erasure.words import Person, Replacing, names_beside, read_json
from tierline.store.tickets import Connection

STANDING = "SELECT name FROM tierline.archive WHERE dropped_at IS NULL ORDER BY name"
LEFT = "SELECT name FROM tierline.archive WHERE dropped_at IS NOT NULL ORDER BY name"

LOCK_ARCHIVE = "SELECT name FROM tierline.archive WHERE name = $1 AND dropped_at IS NULL FOR UPDATE"
KEEP_NEW = """
INSERT INTO tierline.archive (name, sha256, tickets, lines, bytes, closed_until, recorded_until, at)
SELECT $2, $3, tickets, lines, $4, closed_until, recorded_until, at
FROM tierline.archive WHERE name = $1
ON CONFLICT (name) DO UPDATE SET dropped_at = NULL
"""
POINT_TO_NEW = "UPDATE tierline.archived SET archive = $2 WHERE archive = $1"
DROP_OLD = "UPDATE tierline.archive SET dropped_at = clock_timestamp() WHERE name = $1"


async def standing(connection: Connection) -> list[str]:
    """The files that the database names."""
    return [row["name"] for row in await connection.fetch(STANDING)]


async def beside_them(connection: Connection, folder: Path) -> tuple[list[str], list[str]]:
    """Files that the database does not name: left over for long, and made lately."""
    named = [row["name"] for sql in (STANDING, LEFT) for row in await connection.fetch(sql)]
    return await asyncio.to_thread(unnamed, folder, named)


async def forget_left(connection: Connection, folder: Path) -> None:
    """Remove files that another took the place of, or that were too old, and are still there."""
    for row in await connection.fetch(LEFT):
        await asyncio.to_thread(remove, folder, row["name"])


def remove(folder: Path, name: str) -> None:
    """Remove a file and its manifest. Raises ArchiveError where that is not allowed."""
    with _told(folder / name, "cannot be removed"):
        forget(folder, name)


@contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError) as error:
        raise ArchiveError(f"{path} {what}: {error}") from error


def _tickets(path: Path) -> Iterator[tuple[int, list[tuple[str, dict[str, Any], str]]]]:
    with _told(path, "cannot be read"):
        yield from tickets_in(path)


def names_in(folder: Path, name: str, address: str) -> tuple[set[str], set[str]]:
    """What a file says of whoever has `address`: their names, and the clients of their tickets."""
    names, clients = set[str](), set[str]()
    marker = Replacing(Person(address), "erased")
    for _, rows in _tickets(folder / name):
        if any(marker.json(text) != text for _, _, text in rows):
            clients.add(str(rows[0][1].get("client", "")))
            for kind, _, text in rows:
                if kind in {TICKET, EVENT}:
                    names |= names_beside(read_json(text), address)
    return names, clients


def tickets_held(folder: Path, name: str, replacing: Replacing) -> list[int]:
    """The tickets of a file that hold the person."""
    return [
        number
        for number, rows in _tickets(folder / name)
        if any(
            after != text for (_, _, text), after in zip(rows, _after(rows, replacing), strict=True)
        )
    ]


def write_anew(folder: Path, name: str, replacing: Replacing) -> Manifest:
    """Write a file beside `name` with the pseudonym in it, and read it back as archiving does.

    Raises:
        ArchiveError: the old one is not whole, or the new one is not what was written.
    """
    old = verify(folder, name)
    writer = Writer(folder)
    try:
        for number, rows in tickets_in(folder / name):
            writer.begin(number)
            for (kind, _, _), text in zip(rows, _after(rows, replacing), strict=True):
                writer.write(kind, [text])
        return writer.finish(old.schema)
    finally:
        writer.drop()


def _after(rows: list[tuple[str, dict[str, Any], str]], replacing: Replacing) -> Iterator[str]:
    """The rows of one ticket with the pseudonym in them; those without the person as they were."""
    known = replacing.person.known_at(str(rows[0][1].get("client", "")))
    for _, _, text in rows:
        yield replacing.json(text, names=known)


async def take_place(connection: Connection, name: str, new: Manifest) -> bool:
    """Let the database name the new file instead; whether it still named the old one.

    In a transaction.
    """
    if await connection.fetchval(LOCK_ARCHIVE, name) is None:
        return False
    await connection.execute(KEEP_NEW, name, new.file, new.sha256, new.bytes)
    await connection.execute(POINT_TO_NEW, name, new.file)
    await connection.execute(DROP_OLD, name)
    return True
