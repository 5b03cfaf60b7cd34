"""What is not replaced but ends: messages that wait, the contact's record, what lets one in."""

import email
import email.policy
from collections.abc import Iterator, Mapping, Sequence
from email.message import EmailMessage
from typing import Final

from tierline.store.erasure.catalog import Shape
from tierline.store.erasure.rows import Key, Row, holding
from tierline.store.erasure.tables import BY_MAIL
from tierline.store.erasure.words import Replacing
from tierline.store.records import lock_records
from tierline.store.tickets import Connection

WHY: Final = "their data were erased"

BEING_SENT = (
    "EXISTS (SELECT FROM tierline.attempt a WHERE a.message = m.id AND a.number = m.attempt"
    " AND a.ended_at IS NULL) AND m.due_at > clock_timestamp()"
)
"""Of a message `m`: somebody has claimed it, and may write what became of it."""

END_MESSAGES = f"""
WITH ended AS (
    UPDATE tierline.message m SET state = 'superseded', reason = $2, settled_at = clock_timestamp()
    WHERE m.id IN (
        SELECT m.id FROM tierline.message m
        WHERE m.id = ANY($3::text[]::bigint[]) AND m.state IN ('pending', 'held')
            AND lower(m.address) = lower($1) AND NOT ({BEING_SENT})
        ORDER BY m.id FOR UPDATE)
    RETURNING m.id
), told AS (
    UPDATE tierline.notice n SET state = 'superseded', reason = $2, settled_at = clock_timestamp()
    FROM ended e WHERE n.message = e.id AND n.state IN ('pending', 'held')
)
SELECT count(*) FROM ended
"""

END_NOTICES = """
UPDATE tierline.notice n SET state = 'superseded', reason = $2, settled_at = clock_timestamp()
WHERE n.id = ANY($3::text[]::bigint[]) AND n.state IN ('pending', 'held')
    AND n.message IS NULL AND lower(n.recipient) = lower($1)
"""
"""Those that waited for a digest."""

SENDING = f"""
SELECT count(*) FROM tierline.message m
WHERE m.state = 'pending' AND lower(m.address) = lower($1) AND {BEING_SENT}
"""

UNTRIAGED = (
    "SELECT count(*) FROM tierline.alert WHERE id = ANY($1::text[]::bigint[]) AND outcome IS NULL"
)

CONTACTS = "SELECT count(*) FROM tierline.contact WHERE lower(email) = lower($1)"
DROP_CONTACT = """
WITH gone AS (
    DELETE FROM tierline.contact WHERE lower(email) = lower($1) RETURNING 1
) SELECT count(*) FROM gone
"""
DROP_LOGINS = """
WITH left_us AS (
    SELECT login FROM tierline.person WHERE lower(email) = lower($1) AND NOT active
), sessions AS (
    DELETE FROM tierline.session s USING left_us l WHERE s.login = l.login
), tokens AS (
    DELETE FROM tierline.api_token t USING left_us l WHERE t.login = l.login
)
UPDATE tierline.person p SET password_hash = '', doc = (p.doc::jsonb - 'phone')::json
FROM left_us l WHERE p.login = l.login
"""
"""Of a colleague who has left: their sessions, tokens, password and telephone."""

DROP_MAILS = "DELETE FROM tierline.caught_mail WHERE id = ANY($1::text[]::bigint[])"


async def end_messages(connection: Connection, address: str, keys: Sequence[Key]) -> int:
    """End those of these messages that wait to be sent to `address`; returns how many."""
    ended: int = await connection.fetchval(END_MESSAGES, address, WHY, [key[0] for key in keys])
    return ended


async def end_notices(connection: Connection, address: str, numbers: Sequence[str]) -> None:
    """End those of these notices that wait for a message to `address`."""
    await connection.execute(END_NOTICES, address, WHY, list(numbers))


async def untriaged(connection: Connection, keys: Sequence[Key]) -> int:
    """How many of these alerts nobody has made anything of yet."""
    count: int = await connection.fetchval(UNTRIAGED, [key[0] for key in keys])
    return count


async def being_sent(connection: Connection, address: str) -> int:
    """How many messages to `address` are under way now; their outcome is yet to be written."""
    count: int = await connection.fetchval(SENDING, address)
    return count


def waits(shape: Shape, row: Row, replacing: Replacing) -> bool:
    """Whether a row is yet to be acted on, by somebody who may hold a copy of it.

    That is an alert of which no ticket was made yet, and a message to the person that has no
    outcome: it is being sent, or ends with the next pass.
    """
    if shape.table == "alert":
        return row.values["outcome"] is None
    if shape.table != "message":
        return False
    to_them = row.values["address"].casefold() == replacing.person.address.casefold()
    return to_them and row.values["state"] in {"pending", "held"}


async def drop_records(connection: Connection, address: str) -> int:
    """Remove the contact's record, and what let a colleague in who has left; returns the records.

    In a transaction: no record is written by others until its end.
    """
    await lock_records(connection)
    await connection.execute(DROP_LOGINS, address)
    count: int = await connection.fetchval(DROP_CONTACT, address)
    return count


async def mails(
    connection: Connection, tables: Mapping[str, Shape], replacing: Replacing
) -> list[Key]:
    """The keys of caught mails that hold the person."""
    shape = tables[BY_MAIL]
    found: list[Key] = []
    async for page in holding(connection, shape, ()):
        found += [row.key for row in page if _holds(row, replacing)]
    return found


def _holds(row: Row, replacing: Replacing) -> bool:
    said = [value for value in row.values.values() if isinstance(value, str)]
    parsed = email.message_from_bytes(row.values["raw"], policy=email.policy.default)
    return any(replacing.text(text) != text for text in (*said, *_texts(parsed)))


def _texts(mail: EmailMessage) -> Iterator[str]:
    """What a mail says, in its heads and in its parts."""
    for part in mail.walk():
        yield from (str(value) for value in part.values())
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload.decode(errors="replace")
