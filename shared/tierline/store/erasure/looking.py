"""Where a person stands now: by table, by ticket, by archive. Nothing is changed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tierline.store.erasure import beside, files
from tierline.store.erasure.catalog import Shape
from tierline.store.erasure.rows import Key, changed, holding
from tierline.store.erasure.tables import BY_MAIL, BY_TICKET, SEARCHED
from tierline.store.erasure.words import Replacing
from tierline.store.tickets import Connection


@dataclass
class Found:
    """Where a person stands: keys of rows by table, numbers of tickets, names of archive files.

    `lately`: files made lately that the database does not name, and perhaps will; they are left for
    a later run. `contacts`: records that are theirs.
    """

    keys: dict[str, list[Key]] = field(default_factory=dict)
    tickets: list[int] = field(default_factory=list)
    archives: dict[str, list[int]] = field(default_factory=dict)
    lately: list[str] = field(default_factory=list)
    contacts: int = 0

    @property
    def rows(self) -> dict[str, int]:
        """How many rows, by table."""
        found = {table: len(keys) for table, keys in self.keys.items() if keys}
        return found | ({"archive files": len(self.archives)} if self.archives else {})

    @property
    def nothing(self) -> bool:
        """Whether nothing holds the person."""
        return not self.rows and not self.contacts and not self.lately


async def look(
    connection: Connection,
    tables: Mapping[str, Shape],
    replacing: Replacing,
    folder: Path | None,
) -> Found:
    """Look at every table and every archive file.

    Raises:
        ArchiveError: a file cannot be read.
    """
    found = Found(contacts=await connection.fetchval(beside.CONTACTS, replacing.person.address))
    numbers = set[int]()
    for table in SEARCHED:
        keys = await _keys(connection, tables[table], replacing)
        found.keys[table] = keys
        if table in BY_TICKET:
            numbers |= {int(key[0]) for key in keys}
    found.keys[BY_MAIL] = await beside.mails(connection, tables, replacing)
    found.tickets = sorted(numbers)
    if folder is not None:
        old, new = await files.beside_them(connection, folder)
        found.lately = [one for one in new if files.tickets_held(folder, one, replacing)]
        for name in [*await files.standing(connection), *old]:
            held = await asyncio.to_thread(files.tickets_held, folder, name, replacing)
            if held:
                found.archives[name] = held
    return found


async def _keys(connection: Connection, shape: Shape, replacing: Replacing) -> list[Key]:
    return [
        row.key
        async for page in holding(connection, shape, replacing.person.patterns)
        for row in page
        if changed(shape, row, replacing)
    ]
