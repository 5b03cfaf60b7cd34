"""Recording outcomes: of messages, attempts, notices, lines, subscriptions, in one transaction."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import asyncpg

from notifier.content import Content, encode_content
from notifier.directory import Directory
from notifier.drafts import preamble
from notifier.fallback import Destination, fallback_for
from notifier.handlers import INSERT_MESSAGES
from notifier.keys import new_key
from notifier.letter import TEAM
from notifier.settle import Settlement
from notifier.subscriptions import disable
from tierline.domain.policy import Policy

Connection: TypeAlias = "asyncpg.Connection[Any]"


async def record(
    connection: Connection, settlements: Sequence[Settlement], policy: Policy, directory: Directory
) -> list[Settlement]:
    """Record `settlements`; returns those that counted, their attempt being still the latest.

    The outcome of an attempt that has lost its lease is kept with the attempt and changes nothing
    else: whoever took the message since decides.

    Args:
        connection: inside a transaction.
        settlements: at most one a message.
        policy: the current one, for fallbacks.
        directory: addresses, for fallbacks.
    """
    settlements = await _unless_resumed(connection, settlements)
    ours = await _messages(connection, settlements)
    counted = [one for one in settlements if one.claim.id in ours]
    await _attempts(connection, settlements, ours)
    await _dropped_notices(connection, counted)
    await _notices(connection, [one for one in counted if one.over and not one.stands_in])
    await _stand_ins(connection, [one for one in counted if one.over and one.stands_in])
    await _next_in_line(connection, [one for one in counted if one.over and one.claim.line])
    for one in counted:
        if one.disable:
            await disable(connection, one.claim.address, one.reason)
    await _fallbacks(connection, [one for one in counted if one.wants_fallback], policy, directory)
    return counted


async def _unless_resumed(
    connection: Connection, settlements: Sequence[Settlement]
) -> Sequence[Settlement]:
    """Give back what was refused for a disabled subscription that is live again by now.

    The share lock makes a resume wait for us or us for it, so that it misses nothing.
    """
    names = {one.claim.address for one in settlements if one.refused_as_disabled}
    if not names:
        return settlements
    rows = await connection.fetch(
        "SELECT name FROM tierline.subscription"
        " WHERE name = ANY($1::text[]) AND disabled_at IS NULL ORDER BY name FOR SHARE",
        sorted(names),
    )
    live = {row["name"] for row in rows}
    return [
        one.given_back() if one.refused_as_disabled and one.claim.address in live else one
        for one in settlements
    ]


async def _messages(connection: Connection, settlements: Sequence[Settlement]) -> set[int]:
    ordered = sorted(settlements, key=lambda one: one.claim.id)
    rows = await connection.fetch(
        """
        UPDATE tierline.message m
        SET state = u.state, proof = u.proof, reason = u.reason,
            due_at = clock_timestamp() + make_interval(secs => u.wait_s),
            settled_at = CASE WHEN u.state <> 'pending' THEN clock_timestamp() END
        FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::float8[])
            AS u(id, attempt, state, proof, reason, wait_s)
        WHERE m.id = u.id AND m.attempt = u.attempt AND m.state = 'pending'
        RETURNING m.id
        """,
        [one.claim.id for one in ordered],
        [one.claim.attempt for one in ordered],
        [one.state for one in ordered],
        [one.proof for one in ordered],
        [one.reason for one in ordered],
        [one.wait_s for one in ordered],
    )
    return {row["id"] for row in rows}


async def _attempts(
    connection: Connection, settlements: Sequence[Settlement], ours: set[int]
) -> None:
    await connection.execute(
        """
        UPDATE tierline.attempt a
        SET ended_at = clock_timestamp(), outcome = u.outcome, detail = u.detail
        FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[])
            AS u(message, number, outcome, detail)
        WHERE a.message = u.message AND a.number = u.number
        """,
        [one.claim.id for one in settlements],
        [one.claim.attempt for one in settlements],
        [one.outcome if one.claim.id in ours else "late" for one in settlements],
        [_detail(one, late=one.claim.id not in ours) for one in settlements],
    )


def _detail(one: Settlement, *, late: bool) -> str:
    said = one.proof or one.reason
    return f"{one.outcome}, after another attempt had begun: {said}" if late else said


async def _dropped_notices(connection: Connection, counted: Sequence[Settlement]) -> None:
    dropped = [notice for one in counted if not one.stands_in for notice in one.dropped]
    if dropped:
        await connection.execute(
            """
            UPDATE tierline.notice n
            SET state = 'superseded', reason = u.reason, settled_at = clock_timestamp()
            FROM unnest($1::bigint[], $2::text[]) AS u(id, reason)
            WHERE n.id = u.id AND n.state = 'pending'
            """,
            [one.notice for one in dropped],
            [one.reason for one in dropped],
        )


async def _notices(connection: Connection, over: Sequence[Settlement]) -> None:
    if over:
        await connection.execute(
            """
            UPDATE tierline.notice n
            SET state = u.state, reason = u.reason, settled_at = clock_timestamp()
            FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u(message, state, reason)
            WHERE n.message = u.message AND n.state = 'pending'
            """,
            [one.claim.id for one in over],
            [one.state for one in over],
            [one.reason for one in over],
        )


async def _stand_ins(connection: Connection, over: Sequence[Settlement]) -> None:
    """Say on the notices that failed what became of the message that stood in."""
    if over:
        await connection.execute(
            """
            UPDATE tierline.notice n SET reason = n.reason || u.added
            FROM unnest($1::bigint[], $2::text[]) AS u(message, added)
            WHERE n.message = u.message AND n.state = 'failed'
            """,
            [one.content.notices_of for one in over],
            [_added(one) for one in over],
        )


def _added(one: Settlement) -> str:
    place = f"{one.claim.channel} {one.claim.address}"
    if one.state == "delivered":
        return f"; told instead: {place}"
    return f"; the fallback to {place} {one.state}: {one.reason}"


async def _next_in_line(connection: Connection, over: Sequence[Settlement]) -> None:
    if over:
        await connection.execute(
            """
            UPDATE tierline.message m SET due_at = clock_timestamp()
            FROM (SELECT DISTINCT ON (line) id FROM tierline.message
                  WHERE line = ANY($1::text[]) AND line <> '' AND state = 'pending'
                  ORDER BY line, id) AS next
            WHERE m.id = next.id AND m.state = 'pending'
            """,
            sorted({one.claim.line for one in over}),
        )


async def _fallbacks(
    connection: Connection, failed: Sequence[Settlement], policy: Policy, directory: Directory
) -> None:
    found: list[tuple[Settlement, Destination]] = []
    for one in failed:
        claim = one.claim
        other = fallback_for(claim.channel, claim.address, one.group, policy, directory)
        if other is not None:
            found.append((one, other))
    if not found:
        return
    rows = await connection.fetch(
        "SELECT nextval(pg_get_serial_sequence('tierline.message', 'id')) AS id"
        " FROM generate_series(1, $1)",
        len(found),
    )
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
    )


def _content(one: Settlement) -> Content:
    return Content(
        ticket=one.content.ticket,
        audience=TEAM,
        seq=one.content.seq,
        notices_of=one.claim.id,
        preamble=preamble(one.claim.address, one.reason),
    )
