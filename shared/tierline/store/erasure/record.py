"""The row of an erasure: what one that was cut short goes on with, and what remains at the end."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from tierline.store.erasure.words import Person
from tierline.store.tickets import Connection

PSEUDONYM_BYTES = 8
"""Drawn at random: nothing of the address is in it, so nobody can try addresses against it."""

BEGIN = """
INSERT INTO tierline.erasure AS e (pseudonym, asked_by, address, names, clients)
VALUES ($1, coalesce(nullif($2, ''), current_user), lower($3), $4, $5)
ON CONFLICT (address) WHERE ended_at IS NULL DO UPDATE SET
    names = ARRAY(SELECT DISTINCT unnest(e.names || excluded.names)),
    clients = ARRAY(SELECT DISTINCT unnest(e.clients || excluded.clients))
RETURNING id, pseudonym, names, clients
"""
BEGUN = "SELECT names, clients FROM tierline.erasure WHERE address = lower($1) AND ended_at IS NULL"
COUNT = """
UPDATE tierline.erasure SET counts = (counts::jsonb || jsonb_build_object(
    $2::text, coalesce((counts ->> $2::text)::bigint, 0) + $3::bigint))::json
WHERE id = $1
"""
END = """
UPDATE tierline.erasure
SET ended_at = clock_timestamp(), address = '', names = '{}', clients = '{}' WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One that goes on: its number, the pseudonym, and the person, as all its runs know them."""

    id: int
    pseudonym: str
    person: Person


async def begun(connection: Connection, address: str) -> tuple[list[str], list[str]] | None:
    """Names and clients that an erasure of `address` knew; None: none was cut short."""
    row = await connection.fetchrow(BEGUN, address)
    return None if row is None else (row["names"], row["clients"])


async def begin(connection: Connection, person: Person, by: str) -> Erasure:
    """Begin an erasure, or go on with that of the same address.

    `by`: who asks; empty: the login at the database.
    """
    row = await connection.fetchrow(
        BEGIN,
        f"erased-{secrets.token_hex(PSEUDONYM_BYTES)}",
        by,
        person.address,
        sorted(person.names),
        sorted(person.clients),
    )
    assert row is not None  # noqa: S101 - a row comes back of either branch
    known = Person(person.address, frozenset(row["names"]), frozenset(row["clients"]))
    return Erasure(row["id"], row["pseudonym"], known)


async def count(connection: Connection, erasure: int, rows: Mapping[str, int]) -> None:
    """Add rows that this transaction changed, by table."""
    for table, changed in sorted(rows.items()):
        await connection.execute(COUNT, erasure, table, changed)


async def end(connection: Connection, erasure: int) -> None:
    """Nothing holds the person any more: forget whom it was about."""
    await connection.execute(END, erasure)
