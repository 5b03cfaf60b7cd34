"""Writes records: what changed in the folder is made or brought up to date, the rest is kept."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tierline.policy.kinds import KINDS, Document, Kind
from tierline.policy.kinds.client import UNSORTED
from tierline.policy.records import Records
from tierline.store.records import (
    Cause,
    RecordChange,
    Stored,
    lock_records,
    matches_key,
    read_by_key,
    write_changes,
)
from tierline.store.schedules import load_schedules
from tierline.store.tickets import Connection, policy_now

DIGEST_DIGITS = 16
SecretOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the records.

    Attributes:
        kept: by kind, the names of rows that are not in the folder.
        edited: by kind, those that were changed elsewhere since the folder's entry was loaded.
        new_secrets: by name, the secret of each subscription that was made just now.
    """

    kept: dict[str, list[str]]
    edited: dict[str, list[str]]
    new_secrets: dict[str, str]


async def write_records(connection: Connection, records: Records, secret_of: SecretOf) -> Written:
    """Write all records.

    Args:
        connection: inside a transaction.
        records: of the folder.
        secret_of: makes the signing secret of a new subscription from its name.
    """
    await lock_records(connection)
    edited: dict[str, list[str]] = {}
    for name, documents in records.documents.items():
        if left := await _write_kind(connection, KINDS[name], documents):
            edited[name] = left
    for statement, rows in _statements(records):
        if rows:
            await connection.executemany(statement, rows)
    await load_schedules(connection, records.schedules, await policy_now(connection))
    new_secrets = await _write_subscriptions(connection, records, secret_of)
    return Written(await _kept(connection, records), edited, new_secrets)


async def _write_kind(
    connection: Connection, kind: Kind, documents: Sequence[Document]
) -> list[str]:
    """Write what changed in the folder; returns the names of what was edited since, and left."""
    keys = [kind.key_of(document) for document in documents]
    there = await read_by_key(connection, kind.table, keys, lock=True)
    changes: list[RecordChange] = []
    seen_now: list[tuple[str, ...]] = []
    edited: list[str] = []
    for key, entry in zip(keys, documents, strict=True):
        stored, digest = there.get(key), _digest(entry)
        document = _with_unsaid(entry, stored)
        same = stored is not None and dict(stored.fields) == kind.stored(document)
        if stored is not None and stored.loaded == digest:
            edited += [] if same else [": ".join(key)]
        elif same:
            seen_now.append((digest, *key))
        else:
            changes.append(_change(kind, document, stored, digest))
    await write_changes(connection, kind.name, kind.table, changes, Cause("", "folder"))
    await connection.executemany(
        f"UPDATE tierline.{kind.table.name} t SET loaded = $1 WHERE {matches_key(kind.table, 2)}",
        seen_now,
    )
    return edited


# A folder may put somebody out, and never lets them in again by not saying so. Being a VIP was set
# by hand in the database before folders could say it.
def _with_unsaid(entry: Document, stored: Stored | None) -> Document:
    """The entry, with what its silence does not take back."""
    if stored is None:
        return entry
    names = ("active",) if stored.loaded else ("active", "vip")
    return {**{name: stored.fields[name] for name in names if name in stored.fields}, **entry}


def _change(kind: Kind, document: Document, stored: Stored | None, digest: str) -> RecordChange:
    return RecordChange(
        key=kind.key_of(document),
        name=kind.name_of(document),
        client=kind.client_of(document),
        before=stored.fields if stored else None,
        after=kind.stored(document),
        shown_before=kind.unpack(dict(stored.fields)) if stored else None,
        shown_after=document,
        loaded=digest,
    )


def _digest(document: Document) -> str:
    """The content hash of an entry: what tells a changed folder from an edited record."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_DIGITS]


def _statements(records: Records) -> list[tuple[str, list[tuple[Any, ...]]]]:
    return [
        (_ROOM, [(r.name, r.kind, r.url) for r in records.rooms]),
        (
            _INTEGRATION,
            [(i.name, i.kind, i.client or None, i.client_field) for i in records.integrations],
        ),
    ]


_ROOM = """
INSERT INTO tierline.room (name, kind, url) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, url = excluded.url
"""
_INTEGRATION = """
INSERT INTO tierline.integration (name, kind, client, client_field) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, client = excluded.client,
    client_field = excluded.client_field
"""
# A subscription that was disabled for its failures starts anew at a new address; secrets stay.
_SUBSCRIPTION = """
INSERT INTO tierline.subscription AS t (name, url, clients, secrets, restricted)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO UPDATE SET url = excluded.url, clients = excluded.clients,
    restricted = excluded.restricted,
    active = t.active OR t.url <> excluded.url,
    disabled_at = CASE WHEN t.url = excluded.url THEN t.disabled_at END,
    why = CASE WHEN t.url = excluded.url THEN t.why ELSE '' END
"""


async def _write_subscriptions(
    connection: Connection, records: Records, secret_of: SecretOf
) -> dict[str, str]:
    before = {
        row["name"] for row in await connection.fetch("SELECT name FROM tierline.subscription")
    }
    made: dict[str, str] = {}
    for it in records.subscriptions:
        secret = secret_of(it.name)
        clients = list(it.clients) or None
        await connection.execute(_SUBSCRIPTION, it.name, it.url, clients, [secret], it.restricted)
        if it.name not in before:
            made[it.name] = secret
    return made


async def _kept(connection: Connection, records: Records) -> dict[str, list[str]]:
    """The names of rows the folder does not have, by kind; kinds without any are left out."""
    kinds: list[tuple[str, str, Sequence[str]]] = [
        (kind.name, _labels(kind), [": ".join(map(str, kind.key_of(it))) for it in documents])
        for kind in KINDS.values()
        for documents in [[*records.documents.get(kind.name, ()), *_RESERVED.get(kind.name, ())]]
    ]
    kinds += [
        ("rooms", "SELECT name FROM tierline.room", _names(records.rooms)),
        ("schedules", "SELECT name FROM tierline.schedule", _names(records.schedules)),
        ("integrations", "SELECT name FROM tierline.integration", _names(records.integrations)),
        ("subscriptions", "SELECT name FROM tierline.subscription", _names(records.subscriptions)),
    ]
    kept: dict[str, list[str]] = {}
    for kind, query, known in kinds:
        rows = await connection.fetch(
            f"SELECT name FROM ({query}) AS t WHERE name <> ALL($1::text[]) ORDER BY name",
            list(known),
        )
        if rows:
            kept[kind] = [row["name"] for row in rows]
    return kept


def _labels(kind: Kind) -> str:
    """The query of every row's key, in one text."""
    key = " || ': ' || ".join(kind.table.key)
    return f"SELECT {key} AS name FROM tierline.{kind.table.name}"


_RESERVED: dict[str, list[Document]] = {"clients": [{"name": UNSORTED}]}


def _names(records: Sequence[Any]) -> list[str]:
    return [record.name for record in records]
