"""The auditor watches the service itself: whatever should have happened by now and has not.

Every finding is counted in a metric and logged as an error, a path that does not depend on the
notifier it may be about.
"""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog
from prometheus_client import Gauge

from sla_timer.limits import AUDIT_EVERY_S, AUDIT_LATE_S, AUDIT_SAMPLE
from tierline.domain.advance import next_due
from tierline.messages.state import decode_ticket
from tierline.store.database import UNREACHABLE, Database
from tierline.store.tickets import Connection

log = structlog.get_logger(__name__)

FINDINGS = Gauge("tierline_auditor_findings", "What should have happened and has not", ["what"])

_COUNTS = {
    "alerts without an outcome": (
        "SELECT count(*) FROM tierline.alert WHERE outcome IS NULL"
        " AND received_at < clock_timestamp() - make_interval(secs => $1)"
    ),
    "due instants passed": (
        "SELECT count(*) FROM tierline.ticket, tierline.policy_clock c"
        " WHERE NOT c.held"
        " AND next_due_at < tierline.policy_now() - make_interval(secs => $1 * c.speed)"
    ),
    "outbox rows stuck": (
        "SELECT count(*) FROM tierline.outbox"
        " WHERE created_at < clock_timestamp() - make_interval(secs => $1)"
    ),
    "messages nobody attempts": (
        "SELECT count(*) FROM tierline.message WHERE state = 'pending' AND line = ''"
        " AND due_at < clock_timestamp() - make_interval(secs => $1)"
    ),
    "letters nobody writes": (
        "SELECT count(*) FROM tierline.letter_due, tierline.policy_clock c"
        " WHERE NOT c.held"
        " AND due_at < tierline.policy_now() - make_interval(secs => $1 * c.speed)"
        " AND NOT EXISTS (SELECT 1 FROM tierline.replay WHERE ended_at IS NULL)"
    ),
    "notices without a message": (
        "SELECT count(*) FROM tierline.notice WHERE state = 'pending' AND message IS NULL"
        " AND created_at < clock_timestamp() - make_interval(secs => $1)"
    ),
}

_MONTHS = {
    "rows beyond every month": (
        "WITH ends AS (SELECT kind, max(until) AS until FROM tierline.month GROUP BY kind)"
        " SELECT sum(n)::bigint FROM ("
        " SELECT count(*) AS n FROM tierline.event_rest, ends"
        " WHERE ends.kind = 'ticket' AND ticket >= until"
        " UNION ALL SELECT count(*) FROM tierline.notice_rest, ends"
        " WHERE ends.kind = 'ticket' AND ticket >= until"
        " UNION ALL SELECT count(*) FROM tierline.alert_rest, ends"
        " WHERE ends.kind = 'alert' AND id >= until) AS rests"
    ),
    "numbers beyond every month soon": (
        "SELECT count(*) FROM (SELECT kind, max(until) AS until, max(until - first) AS width"
        " FROM tierline.month GROUP BY kind) AS ends"
        " JOIN (SELECT 'ticket' AS kind, last_value FROM tierline.ticket_number"
        " UNION ALL SELECT 'alert', last_value FROM tierline.alert_id_seq) AS drawn USING (kind)"
        " WHERE last_value > until - width / 10"
    ),
}
"""Months are made ahead by the router; it was away for months, or could not make them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing that should have happened, and how many."""

    what: str
    count: int


STORED_DUES = (
    "SELECT id, doc, next_due_at FROM tierline.ticket"
    " WHERE id > $1 AND next_due_at IS NOT NULL ORDER BY id LIMIT $2"
)


class Auditor:
    """Looks every AUDIT_EVERY_S; `audit()` is one look."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._after = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until `stop`."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), AUDIT_EVERY_S)
            if stop.is_set():
                return
            try:
                await self.audit()
            except UNREACHABLE as error:
                log.warning("audit put off", reason=str(error))

    async def audit(self) -> list[Finding]:
        """What is amiss now, empty when nothing is; counted and logged as well."""
        findings = []
        async with self._db.connection() as connection:
            for what, sql in _COUNTS.items():
                count = await connection.fetchval(sql, AUDIT_LATE_S)
                findings.append(Finding(what, count))
            for what, sql in _MONTHS.items():
                findings.append(Finding(what, await connection.fetchval(sql)))
            findings.append(Finding("due instants stored wrongly", await self._wrong(connection)))
        for finding in findings:
            FINDINGS.labels(finding.what).set(finding.count)
            if finding.count:
                log.error("auditor", finding=finding.what, count=finding.count)
        return [finding for finding in findings if finding.count]

    async def _wrong(self, connection: Connection) -> int:
        """Tickets, of the next AUDIT_SAMPLE in turn, whose stored due instant is not their own."""
        rows = await connection.fetch(STORED_DUES, self._after, AUDIT_SAMPLE)
        self._after = rows[-1]["id"] if len(rows) == AUDIT_SAMPLE else 0
        return sum(next_due(decode_ticket(row["doc"])) != row["next_due_at"] for row in rows)
