"""Nobody is asked how it was more often than the policy says, however many tickets they have."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import asyncpg

from notifier.drafts import PENDING, SUPPRESSED, Told
from tierline.domain.audience import CLIENT_CLOSED, REQUESTER, SURVEY
from tierline.domain.events import TIME
from tierline.domain.policy import Policy

Connection: TypeAlias = "asyncpg.Connection[Any]"

HOLD_ASKED: Final = (
    "SELECT pg_advisory_xact_lock(hashtext('survey ' || r)) FROM unnest($1::text[]) AS r"
)
"""Two tickets of one requester that end at once are judged one after the other."""

LAST_ASKED = """
SELECT n.recipient, max(e.at) AS at
FROM tierline.notice n JOIN tierline.event e USING (ticket, seq)
WHERE n.occasion = 'survey' AND n.recipient = ANY($1::text[]) AND n.state <> 'suppressed'
GROUP BY n.recipient
"""


async def spared(connection: Connection, told: Sequence[Told], policy: Policy) -> list[Told]:
    """`told`, with who was asked lately not asked again.

    Args:
        connection: inside the transaction that writes the notices.
        told: in order.
        policy: for how often one may be asked.
    """
    asked = [one for one in told if one.notice.occasion == SURVEY and one.state == PENDING]
    if not asked:
        return list(told)
    recipients = sorted({one.notice.recipient for one in asked})
    await connection.execute(HOLD_ASKED, recipients)
    rows = await connection.fetch(LAST_ASKED, recipients)
    last: dict[str, datetime] = {row["recipient"]: row["at"] for row in rows}
    return [_judged(one, last, policy.survey.every) for one in told]


def _judged(one: Told, last: dict[str, datetime], every: timedelta) -> Told:
    if one.notice.occasion != SURVEY or one.state != PENDING:
        return one
    event, before = one.message.event, last.get(one.notice.recipient)
    if before is None or abs(event.at - before) >= every:
        last[one.notice.recipient] = event.at
        return one
    if event.by.kind == TIME.kind:  # they hear that it is closed all the same
        why = f"{CLIENT_CLOSED}: {REQUESTER}"
        return replace(one, notice=replace(one.notice, occasion=CLIENT_CLOSED, why=why))
    reason = f"asked on {before:%Y-%m-%d} already; at most once in {every.days} days"
    return replace(one, state=SUPPRESSED, reason=reason, channel="", address="")
