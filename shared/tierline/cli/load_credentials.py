"""The development stack's credentials: derived from its secret, so that each start prints the same.

In production none of this is used: people and programs get credentials of their own.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher

from tierline.domain.terms import Role
from tierline.policy.records import Person, Records
from tierline.store.tickets import Connection
from tierline.web.keys import KeyKind, derive, hash_key
from tierline.web.passwords import verify_password
from tierline.web.principal import SCOPES

TOKEN_NAME = "development"  # noqa: S105 - the token's name
PEOPLE_MAX = 200
"""So many people get a derived password; each that chose another costs a start some hashing."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - as Standard Webhooks writes its symmetric secrets
SECRET_BYTES = 32
SET_BY_SOMEBODY = "(the one you set)"


# 80 derived bits cannot be guessed, so a slow hash would protect nothing and delay every start;
# what a person chooses is hashed at full cost (RFC 9106). The parameters stand in each hash.
_light = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass(frozen=True, slots=True)
class Password:
    """A person's derived password. `hash` is set where the person has none yet."""

    text: str
    hash: str = ""


async def stored_hashes(connection: Connection) -> dict[str, str]:
    """The stored form of everybody's password by login; empty where there is none."""
    rows = await connection.fetch("SELECT login, password_hash FROM tierline.person")
    return {row["login"]: row["password_hash"] for row in rows}


def derive_passwords(
    stored: Mapping[str, str], secret: str, records: Records
) -> dict[str, Password]:
    """Derive the passwords of people who have none, or still have the derived one.

    Comparing with one that somebody chose takes tens of milliseconds, so this is done before the
    transaction that writes.

    Args:
        stored: of `stored_hashes`.
        secret: the stack's.
        records: of the folder; its first PEOPLE_MAX people.

    Returns:
        By login; whoever has set another one is missing.
    """
    found: dict[str, Password] = {}
    for person in records.people[:PEOPLE_MAX]:
        text, known = derived_password(secret, person.login), stored.get(person.login, "")
        if not known:
            found[person.login] = Password(text, _light.hash(text))
        elif verify_password(known, text):
            found[person.login] = Password(text)
    return found


async def development_credentials(
    connection: Connection, secret: str, records: Records, passwords: Mapping[str, Password]
) -> dict[str, Any]:
    """Write the development stack's credentials and say what they are.

    Args:
        connection: inside the transaction that wrote the records.
        secret: the stack's.
        records: of the folder.
        passwords: of `derive_passwords`.

    Returns:
        `token`, `login` (`user`, `password`), `integration_keys`, `people`, `subscriptions`.
    """
    await connection.executemany(
        "UPDATE tierline.person SET password_hash = $2 WHERE login = $1 AND password_hash = ''",
        [(login, it.hash) for login, it in passwords.items() if it.hash],
    )
    lead = _first_lead(records)
    shown = {person.login: passwords.get(person.login) for person in records.people}
    mine = shown[lead.login] if lead else None
    return {
        "token": await _token(connection, secret, lead),
        "login": {
            "user": lead.login if lead else "",
            "password": mine.text if mine else SET_BY_SOMEBODY,
        },
        "integration_keys": await _integration_keys(connection, secret, records),
        "people": [
            {"login": p.login, "role": p.role.value, "password": it.text if it else None}
            for p in records.people
            for it in [shown[p.login]]
        ],
        "subscriptions": await _subscription_secrets(connection, records),
    }


def _first_lead(records: Records) -> Person | None:
    """Whose authority the token has: the first lead that no wall stands around, else a manager."""
    for role in (Role.LEAD, Role.MANAGER, Role.TECHNICIAN):
        for person in records.people:
            if person.role is role and not person.client:
                return person
    return None


async def _token(connection: Connection, secret: str, lead: Person | None) -> str:
    raw = derive(secret, KeyKind.TOKEN, TOKEN_NAME)
    # A secret that was lost and made anew leaves a token that nobody can print any more.
    await connection.execute(
        "UPDATE tierline.api_token SET revoked_at = now()"
        " WHERE name = $1 AND hash <> $2 AND revoked_at IS NULL",
        TOKEN_NAME,
        hash_key(raw),
    )
    await connection.execute(
        "INSERT INTO tierline.api_token (hash, name, login, scopes) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (hash) DO UPDATE SET login = excluded.login, scopes = excluded.scopes,"
        " revoked_at = NULL",
        hash_key(raw),
        TOKEN_NAME,
        lead.login if lead else None,
        list(SCOPES),
    )
    return raw


async def _integration_keys(
    connection: Connection, secret: str, records: Records
) -> dict[str, str]:
    keys = {it.name: derive(secret, KeyKind.INTEGRATION, it.name) for it in records.integrations}
    await connection.executemany(
        "INSERT INTO tierline.integration_key (hash, integration) VALUES ($1, $2)"
        " ON CONFLICT (hash) DO UPDATE SET revoked_at = NULL",
        [(hash_key(raw), name) for name, raw in keys.items()],
    )
    return keys


async def _subscription_secrets(connection: Connection, records: Records) -> dict[str, str]:
    names = [it.name for it in records.subscriptions]
    rows = await connection.fetch(
        "SELECT name, secrets[1] AS secret FROM tierline.subscription WHERE name = ANY($1)", names
    )
    stored = {row["name"]: row["secret"] for row in rows}
    return {name: stored[name] for name in names}


def derived_password(secret: str, login: str) -> str:
    """The development stack's password of a person: 80 bits, easy to type."""
    mac = hmac.digest(secret.encode(), f"tierline password {login}".encode(), "sha256")
    text = base64.b32encode(mac[:10]).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def subscription_secret(secret: str, name: str) -> str:
    """The development stack's signing secret of a subscription (Standard Webhooks 1.0)."""
    mac = hmac.digest(secret.encode(), f"tierline subscription {name}".encode(), "sha256")
    return SECRET_PREFIX + base64.b64encode(mac).decode()


def random_secret() -> str:
    """A new signing secret, to be shown once."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
