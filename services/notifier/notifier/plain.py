"""Recording outcomes that concern nobody but their message, its notices and its line: at once.

Nearly all of them. One statement is one wait for PostgreSQL where a transaction of six was six, and
between a send and the next of its line there is nothing but that wait.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import asyncpg

from notifier.limits import LEASE_S
from notifier.settle import Settlement

Connection: TypeAlias = "asyncpg.Connection[Any]"

_PLAIN = ("pending", "delivered", "superseded")

# No part needs to see what another has written, but through RETURNING: what is settled is left out
# of its line by its id. What others commit while this waits for a row is not seen, as it would not
# be if they committed a moment later. `first.ours` is judged again by the attempt as it is then.
RECORD_PLAIN = """
WITH said AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::float8[],
                         $7::text[], $8::text[], $9::text[], $10::bigint[])
        AS u(id, attempt, state, proof, reason, wait_s, outcome, detail, late, follower)
), settled AS (
    UPDATE tierline.message m
    SET state = u.state, proof = u.proof, reason = u.reason,
        due_at = clock_timestamp() + make_interval(secs => u.wait_s),
        settled_at = CASE WHEN u.state <> 'pending' THEN clock_timestamp() END
    FROM said u
    WHERE m.id = u.id AND m.attempt = u.attempt AND m.state = 'pending'
    RETURNING m.id, m.line, m.state, m.reason, u.follower
), ended AS (
    UPDATE tierline.attempt a
    SET ended_at = clock_timestamp(),
        outcome = CASE WHEN s.id IS NULL THEN 'late' ELSE u.outcome END,
        detail = CASE WHEN s.id IS NULL THEN u.late ELSE u.detail END
    FROM said u LEFT JOIN settled s ON s.id = u.id
    WHERE a.message = u.id AND a.number = u.attempt
      AND (a.ended_at IS NULL OR a.outcome = 'lost')
), told AS (
    UPDATE tierline.notice n
    SET state = s.state, reason = s.reason, settled_at = clock_timestamp()
    FROM settled s
    WHERE n.message = s.id AND n.state = 'pending' AND s.state <> 'pending'
), first AS MATERIALIZED (
    SELECT m.id, m.attempt, m.attempt = 0 AND m.id = s.follower AS ours
    FROM settled s CROSS JOIN LATERAL (
        SELECT e.id, e.attempt FROM tierline.message e
        WHERE e.line = s.line AND e.line <> '' AND e.state = 'pending' AND e.id <> s.id
        ORDER BY e.id LIMIT 1) AS m
    WHERE s.state <> 'pending' AND NOT EXISTS (
        SELECT 1 FROM tierline.attempt a
        WHERE a.message = m.id AND a.number = m.attempt AND a.ended_at IS NULL)
), moved AS (
    UPDATE tierline.message m
    SET attempt = CASE WHEN first.ours THEN 1 ELSE m.attempt END,
        due_at = CASE WHEN first.ours THEN clock_timestamp() + make_interval(secs => $11::float8)
                      ELSE m.created_at END -- its turn among all that wait, not behind them
    FROM first
    WHERE m.id = first.id AND m.attempt = first.attempt AND m.state = 'pending'
    RETURNING m.id, first.ours
), begun AS (
    INSERT INTO tierline.attempt (message, number) SELECT id, 1 FROM moved WHERE ours
)
SELECT id, 'settled' AS what FROM settled
UNION ALL
SELECT id, CASE WHEN ours THEN 'claimed' ELSE 'due' END FROM moved
"""


def all_plain(settlements: Sequence[Settlement]) -> bool:
    """Whether `record_plain` may record these.

    Neither a failure (fallbacks, subscriptions that end), nor a notice that ends apart from its
    message, nor two of one message or line, of which the one's end may be the other's turn.
    """
    lines = [one.claim.line for one in settlements if one.claim.line]
    return (
        all(one.state in _PLAIN and not one.dropped for one in settlements)
        and not any(one.over and one.stands_in for one in settlements)
        and len({one.claim.id for one in settlements}) == len(settlements)
        and len(set(lines)) == len(lines)
    )


async def record_plain(
    connection: Connection, settlements: Sequence[Settlement], behind: Mapping[int, int]
) -> Mapping[str, set[int]]:
    """Record `settlements`, and let the next ones in line have their turn, in one statement.

    Args:
        connection: inside a transaction or outside any.
        settlements: for which `all_plain` holds.
        behind: ids of messages the caller would send next, by the id of the one before.

    Returns:
        Ids by what became of them: `settled`: the attempt was still the latest; `claimed`: of
        `behind`, to be sent by the caller; `due`: next of their lines, to be looked for.
    """
    ordered = sorted(settlements, key=lambda one: one.claim.id)
    rows = await connection.fetch(
        RECORD_PLAIN,
        [one.claim.id for one in ordered],
        [one.claim.attempt for one in ordered],
        [one.state for one in ordered],
        [one.proof for one in ordered],
        [one.reason for one in ordered],
        [one.wait_s for one in ordered],
        [one.outcome for one in ordered],
        [one.detail() for one in ordered],
        [one.detail(late=True) for one in ordered],
        [behind.get(one.claim.id) for one in ordered],
        LEASE_S,
    )
    done: dict[str, set[int]] = {"settled": set(), "claimed": set(), "due": set()}
    for row in rows:
        done[row["what"]].add(row["id"])
    return done
