"""Letters in the database: when each is due, what was written, and what was held for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg

from notifier.keys import new_key
from notifier.letters.document import DigestLine, Document, encode_document
from notifier.letters.limits import MANAGERS_MAX, RECIPIENTS_MAX
from notifier.parcel import MAIL
from tierline.domain.letters.when import Due, LetterKind
from tierline.domain.policy import Policy
from tierline.domain.seeing import keys_held
from tierline.reports.limits import DIGEST_MAX
from tierline.web.walls import Sight, sight_of, ticket_wall

Connection: TypeAlias = "asyncpg.Connection[Any]"

# What is due already keeps its instant, and is told late; what is ahead goes by the new policy.
PLACE_DUES = """
INSERT INTO tierline.letter_due (kind, about, due_at, day, policy)
SELECT kind, about, due_at, day, $5
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::date[]) AS u(kind, about, due_at, day)
ON CONFLICT (kind, about) DO UPDATE
SET due_at = excluded.due_at, day = excluded.day, policy = excluded.policy
WHERE letter_due.policy <> excluded.policy AND letter_due.due_at > $6
"""

DROP_DUES = """
DELETE FROM tierline.letter_due d
WHERE NOT EXISTS (
    SELECT 1 FROM unnest($1::text[], $2::text[]) AS u(kind, about)
    WHERE u.kind = d.kind AND u.about = d.about)
"""


async def place_dues(
    connection: Connection, dues: Sequence[Due], policy: str, now: datetime
) -> None:
    """Keep a due instant for each of `dues` and for nothing else.

    Args:
        connection: inside a transaction.
        dues: the next letter of each kind and subject, by the policy of that version.
        policy: the version.
        now: UTC policy time.
    """
    kinds, about = [str(due.kind) for due in dues], [due.about for due in dues]
    await connection.execute(DROP_DUES, kinds, about)
    if dues:
        at, days = [due.at for due in dues], [due.day for due in dues]
        await connection.execute(PLACE_DUES, kinds, about, at, days, policy, now)


# While a recorded log is run through the services nobody is written to.
FIRST_DUE = """
SELECT kind, about, due_at, day FROM tierline.letter_due
WHERE due_at <= $1 AND kind || ' ' || about <> ALL($2::text[])
  AND NOT EXISTS (SELECT 1 FROM tierline.replay WHERE ended_at IS NULL)
ORDER BY due_at, kind, about LIMIT 1
"""


async def first_due(connection: Connection, now: datetime, spared: Collection[str]) -> Due | None:
    """The letter that has been due the longest (UTC policy time); None: there is none.

    `spared`: those to be left alone, as `name_of` calls them.
    """
    row = await connection.fetchrow(FIRST_DUE, now, list(spared))
    if row is None:
        return None
    return Due(row["due_at"], LetterKind(row["kind"]), row["about"], row["day"])


def name_of(due: Due) -> str:
    """The kind and the subject of a letter."""
    return f"{due.kind} {due.about}"


# The commit waits for the disk, whatever its service's others do: a letter that a crash took back
# would be written anew, under another key than the mail that had left.
LOCK_DUE = """
SELECT set_config('synchronous_commit', 'on', true) FROM tierline.letter_due
WHERE kind = $1 AND about = $2 AND due_at = $3 FOR UPDATE
"""
MOVE_DUE = "UPDATE tierline.letter_due SET due_at = $3, day = $4 WHERE kind = $1 AND about = $2"
END_DUE = "DELETE FROM tierline.letter_due WHERE kind = $1 AND about = $2"


async def lock_due(connection: Connection, due: Due) -> bool:
    """Whether the letter is still to be written; it is ours until the commit."""
    row = await connection.fetchrow(LOCK_DUE, str(due.kind), due.about, due.at)
    return row is not None


async def move_due(connection: Connection, due: Due, following: Due | None) -> None:
    """Put the due instant of a letter that is written to that of the next one."""
    if following is None:
        await connection.execute(END_DUE, str(due.kind), due.about)
    else:
        await connection.execute(MOVE_DUE, str(due.kind), due.about, following.at, following.day)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets a letter. `clients`: None for all; `keys`: those of restricted tickets."""

    login: str
    clients: list[str] | None
    keys: frozenset[str] = frozenset()

    @property
    def sight(self) -> Sight:
        """What they see of tickets."""
        return sight_of(self)


READER = "SELECT clients, groups FROM tierline.person WHERE login = $1"


async def read_reader(connection: Connection, login: str, policy: Policy) -> Reader:
    """The person with this login; who is in no record sees nothing."""
    row = await connection.fetchrow(READER, login)
    if row is None:
        return Reader(login, [])
    return Reader(login, row["clients"], keys_held(login, row["groups"], policy))


MANAGERS = """
SELECT p.login, p.clients, array_agg(c.name ORDER BY c.name) AS theirs
FROM tierline.client c JOIN tierline.person p ON c.service_manager IN (p.name, p.login)
WHERE c.service_manager <> '' GROUP BY p.login, p.clients ORDER BY p.login LIMIT $1
"""


async def managers_of_clients(connection: Connection) -> list[Reader]:
    """Whom the records name as service manager of single clients: each sees those alone."""
    rows = await connection.fetch(MANAGERS, MANAGERS_MAX)
    found = []
    for row in rows:
        wall_of = row["clients"]
        theirs = [name for name in row["theirs"] if wall_of is None or name in wall_of]
        found.append(Reader(row["login"], theirs))
    return [reader for reader in found if reader.clients]


WAITING = """
SELECT n.recipient FROM tierline.notice n
WHERE n.state = 'held' AND n.reason = 'digest' AND n.kind = 'person'
GROUP BY 1 ORDER BY min(n.created_at), 1 LIMIT $1
"""


async def held_for(connection: Connection) -> list[str]:
    """Logins of those for whom notices are held, who waits longest first."""
    return [row["recipient"] for row in await connection.fetch(WAITING, RECIPIENTS_MAX)]


# A notice of a ticket that has moved behind the reader's wall since stays where it is.
HELD = f"""
SELECT n.id, n.ticket, t.title, t.priority, t.client, n.occasion, e.at
FROM tierline.notice n
JOIN tierline.event e ON e.ticket = n.ticket AND e.seq = n.seq
JOIN tierline.ticket t ON t.id = n.ticket
WHERE n.state = 'held' AND n.reason = 'digest' AND n.kind = 'person' AND n.recipient = $2
  AND {ticket_wall("t.id", "t.client", 1)}
ORDER BY n.id LIMIT $3 FOR UPDATE OF n
"""


async def take_held(connection: Connection, reader: Reader) -> tuple[list[DigestLine], bool]:
    """What is held for somebody, the oldest first, locked until the commit; whether there is more.

    Args:
        connection: inside a transaction.
        reader: whose.
    """
    rows = await connection.fetch(HELD, reader.sight, reader.login, DIGEST_MAX + 1)
    lines = [
        DigestLine(
            notice=row["id"],
            ticket=row["ticket"],
            title=row["title"],
            priority=row["priority"],
            client=row["client"],
            occasion=row["occasion"],
            at=row["at"],
        )
        for row in rows[:DIGEST_MAX]
    ]
    return lines, len(rows) > DIGEST_MAX


RESERVE = """
INSERT INTO tierline.letter (kind, about, day, due_at, at, recipient, policy, doc)
VALUES ($1, $2, $3, $4, $5, $6, $7, '{}') ON CONFLICT (kind, about, day) DO NOTHING
RETURNING id
"""


async def reserve(
    connection: Connection, due: Due, now: datetime, recipient: str, policy: str
) -> int | None:
    """The id of a new letter; None where that of its day is written already."""
    found: int | None = await connection.fetchval(
        RESERVE, str(due.kind), due.about, due.day, due.at, now, recipient, policy
    )
    return found


WRITE = "UPDATE tierline.letter SET doc = $2, why = $3 WHERE id = $1"
POST = """
WITH sent AS (
    INSERT INTO tierline.message (channel, address, key, content) VALUES ($2, $3, $4, $5)
    RETURNING id
), told AS (
    UPDATE tierline.notice n SET state = 'pending', reason = '', message = sent.id
    FROM sent WHERE n.id = ANY($6::bigint[]) AND n.state = 'held'
)
UPDATE tierline.letter l SET message = sent.id FROM sent WHERE l.id = $1
"""


async def keep(connection: Connection, letter: int, document: Document, why: str) -> None:
    """Write down what a reserved letter says, and `why` it is not sent (empty: it is)."""
    await connection.execute(WRITE, letter, encode_document(document), why)


async def post(
    connection: Connection, letter: int, address: str, content: str, document: Document
) -> None:
    """The mail of a letter, to be sent; what it tells of a digest has its outcome from now on."""
    notices = [line.notice for line in document.digest]
    await connection.execute(POST, letter, MAIL, address, new_key(), content, notices)


DOCUMENTS = "SELECT id, doc FROM tierline.letter WHERE id = ANY($1::bigint[])"


async def read_documents(connection: Connection, letters: Collection[int]) -> dict[int, str]:
    """The stored documents of letters by their ids."""
    if not letters:
        return {}
    rows = await connection.fetch(DOCUMENTS, list(letters))
    return {row["id"]: row["doc"] for row in rows}
