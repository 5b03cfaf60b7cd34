"""The one row that policy time is made of."""

from typing import Any

from router.requests import ClockBody
from tierline.store.tickets import Connection
from tierline.web.problems import ProblemError

SLACK_S = 0.05
"""How far ahead a change that slows time down takes hold.

A reader between the change's own reading of the clock and its commit still sees the old speed; with
this slack the new time is never behind what that reader saw.
"""

READ_CLOCK = """
SELECT tierline.policy_now() AS now, clock_timestamp() AS real, speed, held, changed AS changes
FROM tierline.policy_clock
"""
MOVE_CLOCK = """
UPDATE tierline.policy_clock AS c SET
    real_anchor = m.t, speed = coalesce($1, c.speed), held = coalesce($3, c.held),
    anchor = CASE WHEN c.held THEN c.anchor ELSE c.anchor + (m.t - c.real_anchor) * c.speed END
        + make_interval(secs => coalesce($2::float8, 0)),
    changed = c.changed + 1
FROM (
    SELECT clock_timestamp() + CASE
        WHEN NOT held AND (coalesce($1, speed) < speed OR coalesce($3, held))
        THEN make_interval(secs => $4) ELSE interval '0' END AS t
    FROM tierline.policy_clock
) AS m
"""


async def read_clock(connection: Connection) -> dict[str, Any]:
    """`now` and `real` (UTC), `speed` (policy seconds a second), `held`, `changes` so far."""
    row: dict[str, Any] = dict(await connection.fetchrow(READ_CLOCK))
    return row


LOCK_CLOCK = "SELECT 1 FROM tierline.policy_clock FOR UPDATE"


async def move_clock(connection: Connection, asked: ClockBody) -> dict[str, Any]:
    """Change the clock in the caller's transaction; returns what `read_clock` does.

    Raises ProblemError (422) where a named field is null.
    """
    values = (asked.speed, asked.jump_s, asked.held)
    if all(value is None for value in values):
        raise ProblemError(422, "invalid", "name exactly one of speed, jump_s and held")
    await connection.execute(LOCK_CLOCK)
    await connection.execute(MOVE_CLOCK, *values, SLACK_S)
    return await read_clock(connection)
