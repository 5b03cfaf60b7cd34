"""Writes records: what is in the folder is made or brought up to date, the rest is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tierline.cli.failures import FailureError
from tierline.policy import Records
from tierline.policy.records_links import UNSORTED
from tierline.store.tickets import Connection

SecretOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the records.

    Attributes:
        kept: by kind, the names of rows that are not in the folder.
        new_secrets: by name, the secret of each subscription that was made just now.
    """

    kept: dict[str, list[str]]
    new_secrets: dict[str, str]


async def write_records(connection: Connection, records: Records, secret_of: SecretOf) -> Written:
    """Write all records.

    Args:
        connection: inside a transaction.
        records: of the folder.
        secret_of: makes the signing secret of a new subscription from its name.

    Raises:
        FailureError: two contacts of one client have one name.
    """
    _refuse_twins(records)
    for statement, rows in _statements(records):
        if rows:
            await connection.executemany(statement, rows)
    new_secrets = await _write_subscriptions(connection, records, secret_of)
    return Written(await _kept(connection, records), new_secrets)


def _refuse_twins(records: Records) -> None:
    seen: set[tuple[str, str]] = set()
    for contact in records.contacts:
        if (contact.client, contact.name) in seen:
            raise FailureError(
                f"{contact.client} has two contacts called {contact.name}.",
                "Tell them apart by their names in records.yaml; nothing was loaded.",
            )
        seen.add((contact.client, contact.name))


def _statements(records: Records) -> list[tuple[str, list[tuple[Any, ...]]]]:
    return [
        (_CLIENT, [(c.name, c.agreement, c.record, c.mode) for c in records.clients]),
        (_CONTACT, [(c.client, c.name, c.email) for c in records.contacts]),
        (_DEVICE, [(d.client, d.name, d.site, d.type, d.criticality) for d in records.devices]),
        (_PERSON, [_person_row(person) for person in records.people]),
        (_ROOM, [(r.name, r.kind, r.url) for r in records.rooms]),
        (
            _INTEGRATION,
            [(i.name, i.kind, i.client or None, i.client_field) for i in records.integrations],
        ),
    ]


def _person_row(person: Any) -> tuple[Any, ...]:
    walls = [person.client] if person.client else None
    groups = list(person.groups)
    return (person.login, person.name, person.email, person.role.value, groups, walls)


_CLIENT = """
INSERT INTO tierline.client AS t (name, agreement, record, mode) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET agreement = excluded.agreement, record = excluded.record,
    mode = excluded.mode
"""
_CONTACT = """
INSERT INTO tierline.contact (client, name, email) VALUES ($1, $2, $3)
ON CONFLICT (client, name) DO UPDATE SET email = excluded.email
"""
_DEVICE = """
INSERT INTO tierline.device (client, name, site, type, criticality) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (client, name) DO UPDATE SET site = excluded.site, type = excluded.type,
    criticality = excluded.criticality
"""
_PERSON = """
INSERT INTO tierline.person (login, name, email, role, groups, clients)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (login) DO UPDATE SET name = excluded.name, email = excluded.email,
    role = excluded.role, groups = excluded.groups, clients = excluded.clients
"""
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
INSERT INTO tierline.subscription AS t (name, url, clients, secrets) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET url = excluded.url, clients = excluded.clients,
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
        await connection.execute(_SUBSCRIPTION, it.name, it.url, clients, [secret])
        if it.name not in before:
            made[it.name] = secret
    return made


async def _kept(connection: Connection, records: Records) -> dict[str, list[str]]:
    """The names of rows the folder does not have, by kind; kinds without any are left out."""
    kinds: list[tuple[str, str, Sequence[str]]] = [
        ("clients", "SELECT name FROM tierline.client", [UNSORTED, *_names(records.clients)]),
        (
            "contacts",
            "SELECT client || ': ' || name AS name FROM tierline.contact",
            [f"{contact.client}: {contact.name}" for contact in records.contacts],
        ),
        (
            "devices",
            "SELECT client || ': ' || name AS name FROM tierline.device",
            [f"{device.client}: {device.name}" for device in records.devices],
        ),
        (
            "people",
            "SELECT login AS name FROM tierline.person",
            [person.login for person in records.people],
        ),
        ("rooms", "SELECT name FROM tierline.room", _names(records.rooms)),
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


def _names(records: Sequence[Any]) -> list[str]:
    return [record.name for record in records]
