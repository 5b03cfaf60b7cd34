"""Recording outcomes: of messages, attempts, notices, lines, subscriptions, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import asyncpg

from notifier.content import Content, encode_content
from notifier.directory import Directory
from notifier.drafts import preamble
from notifier.fallback import Destination, fallback_for
from notifier.handlers import DRAW_MESSAGES, INSERT_MESSAGES
from notifier.keys import new_key
from notifier.letter import TEAM
from notifier.limits import LEASE_S
from notifier.plain import record_plain
from notifier.settle import Settlement
from notifier.subscriptions import disable
from tierline.domain.policy import Policy

Connection: TypeAlias = "asyncpg.Connection[Any]"

NOBODY: Final[Mapping[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded.

    Attributes:
        counted: those whose attempt was still the latest.
        next: ids of messages that are claimed now, as what went before them has its last outcome.
        due: whether anything is due now that was not: somebody has to look.
    """

    counted: list[Settlement]
    next: set[int]
    due: bool = False


async def record(
    connection: Connection,
    settlements: Sequence[Settlement],
    policy: Policy,
    directory: Directory,
    behind: Mapping[int, int] = NOBODY,
) -> Recorded:
    """Record `settlements`, and let the next ones in line have their turn.

    The outcome of an attempt that has lost its lease is kept with the attempt and changes nothing
    else: whoever took the message since decides.

    Args:
        connection: inside a transaction.
        settlements: of two of one message the later attempt's counts.
        policy: the current one, for fallbacks.
        directory: addresses, for fallbacks.
        behind: ids of messages the caller would send next, by the id of the one before.
    """
    settlements = await _unless_resumed(connection, settlements)
    counted = await _messages(connection, settlements)
    await _attempts(connection, settlements, counted)
    await _dropped_notices(connection, counted)
    await _notices(connection, [one for one in counted if one.over and not one.stands_in])
    await _stand_ins(connection, [one for one in counted if one.over and one.stands_in])
    await _ended_subscriptions(connection, counted)  # before anybody's turn: theirs have none
    ended = [one for one in counted if one.over and one.claim.line]
    # Behind one that failed with its subscription nothing goes out until that one has: a resume
    # puts both in line again. What `disable` left is refused as it is claimed.
    behind = {
        one.claim.id: behind[one.claim.id]
        for one in ended
        if one.claim.id in behind and not one.failed_with_subscription
    }
    taken, due = await _next_in_line(connection, ended, behind)
    failed = [one for one in counted if one.wants_fallback]
    told_otherwise = await _fallbacks(connection, failed, policy, directory)
    at_once = any(not one.over and one.wait_s <= 0 for one in counted)
    return Recorded(counted, taken, due or told_otherwise or at_once)


async def record_at_once(
    connection: Connection, settlements: Sequence[Settlement], behind: Mapping[int, int] = NOBODY
) -> Recorded:
    """What `record` does, in one statement, which needs no transaction around it.

    Args:
        connection: outside a transaction.
        settlements: for which `all_plain` holds.
        behind: as for `record`.
    """
    done = await record_plain(connection, settlements, behind)
    counted = [one for one in settlements if one.claim.id in done["settled"]]
    at_once = any(not one.over and one.wait_s <= 0 for one in counted)
    return Recorded(counted, done["claimed"], bool(done["due"]) or at_once)


# Disabled ones too: a row that a condition leaves out is not locked, and a resume that comes before
# our commit would miss what we are about to fail.
LOCK_SUBSCRIPTIONS = (
    "SELECT name, disabled_at IS NULL AS live FROM tierline.subscription"
    " WHERE name = ANY($1::text[]) ORDER BY name FOR SHARE"
)


async def _unless_resumed(
    connection: Connection, settlements: Sequence[Settlement]
) -> Sequence[Settlement]:
    """Give back what was refused for a disabled subscription that is live again by now.

    The share lock makes a resume wait for us or us for it, so that it misses nothing.
    """
    names = {one.claim.address for one in settlements if one.refused_as_disabled}
    if not names:
        return settlements
    live = await _live(connection, names)
    return [
        one.given_back() if one.refused_as_disabled and one.claim.address in live else one
        for one in settlements
    ]


async def _live(connection: Connection, names: Collection[str]) -> set[str]:
    """Those of them that are live, and stay so until we commit."""
    rows = await connection.fetch(LOCK_SUBSCRIPTIONS, sorted(names))
    return {row["name"] for row in rows if row["live"]}


async def _ended_subscriptions(connection: Connection, counted: Sequence[Settlement]) -> None:
    """Disable what an outcome ends.

    One that somebody else had disabled is not changed, so not locked either: it is locked here, and
    looked at once more, or a resume that comes before our commit would miss what we fail.
    """
    for name, why in {one.claim.address: one.reason for one in counted if one.disable}.items():
        if not await disable(connection, name, why) and await _live(connection, [name]):
            await disable(connection, name, why)


SETTLE_MESSAGES = """
UPDATE tierline.message m
SET state = u.state, proof = u.proof, reason = u.reason,
    due_at = clock_timestamp() + make_interval(secs => u.wait_s),
    settled_at = CASE WHEN u.state <> 'pending' THEN clock_timestamp() END
FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::float8[])
    AS u(id, attempt, state, proof, reason, wait_s)
WHERE m.id = u.id AND m.attempt = u.attempt AND m.state = 'pending'
RETURNING m.id
"""


async def _messages(connection: Connection, settlements: Sequence[Settlement]) -> list[Settlement]:
    """Settle the messages; returns those whose attempt was still the latest."""
    ordered = sorted(settlements, key=lambda one: one.claim.id)
    rows = await connection.fetch(
        SETTLE_MESSAGES,
        [one.claim.id for one in ordered],
        [one.claim.attempt for one in ordered],
        [one.state for one in ordered],
        [one.proof for one in ordered],
        [one.reason for one in ordered],
        [one.wait_s for one in ordered],
    )
    ours = {row["id"] for row in rows}
    latest = {one.claim.id: one for one in sorted(settlements, key=_attempt_of)}
    return [one for one in settlements if one.claim.id in ours and latest[one.claim.id] is one]


def _attempt_of(one: Settlement) -> int:
    return one.claim.attempt


# One that has an end keeps it (we may be recording again, as nobody told us that it was committed);
# not where that end was a guess.
END_ATTEMPTS = """
UPDATE tierline.attempt a
SET ended_at = clock_timestamp(), outcome = u.outcome, detail = u.detail
FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[])
    AS u(message, number, outcome, detail)
WHERE a.message = u.message AND a.number = u.number
  AND (a.ended_at IS NULL OR a.outcome = 'lost')
"""


async def _attempts(
    connection: Connection, settlements: Sequence[Settlement], counted: Sequence[Settlement]
) -> None:
    ours = {(one.claim.id, one.claim.attempt) for one in counted}
    said = [(one, (one.claim.id, one.claim.attempt) not in ours) for one in settlements]
    await connection.execute(
        END_ATTEMPTS,
        [one.claim.id for one in settlements],
        [one.claim.attempt for one in settlements],
        ["late" if late else one.outcome for one, late in said],
        [one.detail(late=late) for one, late in said],
    )


DROP_NOTICES = """
UPDATE tierline.notice n
SET state = 'superseded', reason = u.reason, settled_at = clock_timestamp()
FROM unnest($1::bigint[], $2::text[]) AS u(id, reason)
WHERE n.id = u.id AND n.state = 'pending'
"""


async def _dropped_notices(connection: Connection, counted: Sequence[Settlement]) -> None:
    dropped = [notice for one in counted if not one.stands_in for notice in one.dropped]
    if dropped:
        await connection.execute(
            DROP_NOTICES, [one.notice for one in dropped], [one.reason for one in dropped]
        )


SETTLE_NOTICES = """
UPDATE tierline.notice n
SET state = u.state, reason = u.reason, settled_at = clock_timestamp()
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u(message, state, reason)
WHERE n.message = u.message AND n.state = 'pending'
"""


async def _notices(connection: Connection, over: Sequence[Settlement]) -> None:
    if over:
        await connection.execute(
            SETTLE_NOTICES,
            [one.claim.id for one in over],
            [one.state for one in over],
            [one.reason for one in over],
        )


NOTE_STAND_INS = """
UPDATE tierline.notice n SET reason = n.reason || u.added
FROM unnest($1::bigint[], $2::text[]) AS u(message, added)
WHERE n.message = u.message AND n.state = 'failed'
"""


async def _stand_ins(connection: Connection, over: Sequence[Settlement]) -> None:
    """Say on the notices that failed what became of the message that stood in."""
    if over:
        await connection.execute(
            NOTE_STAND_INS, [one.content.notices_of for one in over], [_added(one) for one in over]
        )


def _added(one: Settlement) -> str:
    place = f"{one.claim.channel} {one.claim.address}"
    if one.state == "delivered":
        return f"; told instead: {place}"
    return f"; the fallback to {place} {one.state}: {one.reason}"


# One that is under way already (claimed before a resume put older ones in front) keeps its lease.
NEXT_IN_LINE = """
UPDATE tierline.message m SET due_at = m.created_at -- its turn among all that wait
FROM (SELECT DISTINCT ON (line) id FROM tierline.message
      WHERE line = ANY($1::text[]) AND line <> '' AND state = 'pending'
      ORDER BY line, id) AS next
WHERE m.id = next.id AND m.state = 'pending'
  AND NOT EXISTS (SELECT 1 FROM tierline.attempt a
                  WHERE a.message = m.id AND a.number = m.attempt AND a.ended_at IS NULL)
"""


# Never sent before ($1: it waited in memory), and nothing of its line goes before it any more.
CLAIM_NEXT = """
WITH next AS MATERIALIZED (
    SELECT m.id FROM tierline.message m
    WHERE m.id = ANY($1::bigint[]) AND m.state = 'pending' AND m.attempt = 0
      AND NOT EXISTS (SELECT 1 FROM tierline.message e
                      WHERE e.line = m.line AND e.line <> '' AND e.state = 'pending'
                        AND e.id < m.id)
    ORDER BY m.id FOR UPDATE OF m
), taken AS (
    UPDATE tierline.message m
    SET attempt = 1, due_at = clock_timestamp() + make_interval(secs => $2)
    FROM next WHERE m.id = next.id
), begun AS (
    INSERT INTO tierline.attempt (message, number) SELECT id, 1 FROM next
)
SELECT id FROM next
"""


async def _next_in_line(
    connection: Connection, over: Sequence[Settlement], behind: Mapping[int, int]
) -> tuple[set[int], bool]:
    """Claim the next of each line where it is at hand, else make it due.

    Returns:
        The ids of those that are claimed, and whether any was made due.
    """
    follower = {one.claim.id: behind[one.claim.id] for one in over if one.claim.id in behind}
    taken: set[int] = set()
    if follower:
        rows = await connection.fetch(CLAIM_NEXT, sorted(follower.values()), LEASE_S)
        taken = {row["id"] for row in rows}
    lines = {one.claim.line for one in over if follower.get(one.claim.id) not in taken}
    if not lines:
        return taken, False
    done = await connection.execute(NEXT_IN_LINE, sorted(lines))
    return taken, done != "UPDATE 0"


async def _fallbacks(
    connection: Connection, failed: Sequence[Settlement], policy: Policy, directory: Directory
) -> bool:
    """Tell somebody else of what failed; whether there is anybody."""
    found: list[tuple[Settlement, Destination]] = []
    for one in failed:
        claim = one.claim
        other = fallback_for(
            claim.channel,
            claim.address,
            one.group,
            policy,
            directory,
            restricted=one.restricted,
        )
        if other is not None:
            found.append((one, other))
    if not found:
        return False
    rows = await connection.fetch(DRAW_MESSAGES, len(found))
    await connection.execute(
        INSERT_MESSAGES,
        [row["id"] for row in rows],
        [other.channel for _, other in found],
        [other.address for _, other in found],
        [""] * len(found),
        [new_key() for _ in found],
        [encode_content(_content(one)) for one, _ in found],
        ["pending"] * len(found),
        [""] * len(found),
        [one.claim.id for one, _ in found],
        [""] * len(found),
        LEASE_S,
    )
    return True


def _content(one: Settlement) -> Content:
    return Content(
        ticket=one.content.ticket,
        audience=TEAM,
        seq=one.content.seq,
        notices_of=one.claim.id,
        preamble=preamble(one.claim.address, one.reason),
        traceparent=one.content.traceparent,
    )
