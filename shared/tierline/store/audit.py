"""What should have happened by now and has not: how it is found, and what to do about it.

Each kind is found by one statement that counts and one that shows the first few. `$1`: seconds
after which what has waited is a finding.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tierline.domain.advance import next_due
from tierline.messages.state import decode_ticket
from tierline.pulse import beat
from tierline.store.tickets import Connection

LATE_S: Final = 35.0
"""What has waited for longer than this is a finding. With a look each 20 s it is found within a
minute; no back-off, no sweep and no rebalance takes as long."""

SAMPLE: Final = 500
"""Tickets whose stored due instant is checked in one look."""

SHOWN_MAX: Final = 5
"""Rows of a finding that are shown."""

TOLD_AGAIN_S: Final = 3600.0
"""A kind of finding that is still there is told again after so many seconds, not before."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing that should have happened.

    Attributes:
        what: its name, in metrics, words and `tierline audit`.
        found: what follows FROM, up to the whole condition.
        row: three columns: which, since when (its due instant), about what.
        remedy: what to look at, and what to do.
    """

    what: str
    found: str
    row: str
    remedy: str

    @property
    def counted(self) -> str:
        """The statement that counts."""
        return f"SELECT count(*) FROM {self.found}"

    @property
    def shown(self) -> str:
        """The statement that shows the first $2."""
        return (
            f"SELECT which, since, about FROM (SELECT {self.row} FROM {self.found}) AS"
            " found(which, since, about) ORDER BY since, which LIMIT $2"
        )


_REAL = "clock_timestamp() - make_interval(secs => $1)"
_POLICY = "tierline.policy_now() - make_interval(secs => $1 * c.speed)"

_RESTS = (
    "(SELECT 'event' AS which, ticket AS number, 'ticket' AS kind FROM tierline.event_rest"
    " UNION ALL SELECT 'notice', ticket, 'ticket' FROM tierline.notice_rest"
    " UNION ALL SELECT 'alert', id, 'alert' FROM tierline.alert_rest) AS rest"
)
_ENDS = (
    "(SELECT kind, max(until) AS until, max(until - first) AS width"
    " FROM tierline.month GROUP BY kind) AS ends"
)
_DRAWN = (
    "(SELECT 'ticket' AS kind, last_value FROM tierline.ticket_number"
    " UNION ALL SELECT 'alert', last_value FROM tierline.alert_id_seq) AS drawn"
)

KINDS: Final = (
    Kind(
        "alerts without an outcome",
        f"tierline.alert WHERE outcome IS NULL AND received_at < {_REAL}",
        "id::text, received_at, integration || ' ' || dedup_key",
        "Look at intake: `/readyz`, and its log for `batch will be handed over again`. A backlog"
        " after a burst or an outage shrinks from look to look; what stays the same is stuck.",
    ),
    Kind(
        "due instants passed",
        f"tierline.ticket, tierline.policy_clock c WHERE NOT c.held AND next_due_at < {_POLICY}",
        "id::text, next_due_at, priority || ', ' || state || ' in ' || grp",
        "Look at sla-timer: does it run, is it ready, does its log say `tick put off`? Nothing is"
        " lost: what is due is done at its own instant when the timer comes to it.",
    ),
    Kind(
        "outbox rows stuck",
        f"tierline.outbox WHERE created_at < {_REAL}",
        "id::text, created_at, topic || ' ' || key",
        "Look at Kafka, then at any service's log for `outbox not relayed`. Consumers work from"
        " PostgreSQL meanwhile, some seconds later; the rows go out when Kafka is back.",
    ),
    Kind(
        "messages nobody attempts",
        f"tierline.message WHERE state = 'pending' AND line = '' AND due_at < {_REAL}",
        "id::text, due_at, channel || ' to ' || address",
        "Look at notifier: does it run, is it ready? A channel or an address that is slow holds up"
        " its own messages only; `tierline notices` says what was tried.",
    ),
    Kind(
        "letters nobody writes",
        f"tierline.letter_due, tierline.policy_clock c WHERE NOT c.held AND due_at < {_POLICY}"
        " AND NOT EXISTS (SELECT 1 FROM tierline.replay WHERE ended_at IS NULL)",
        "kind, due_at, about",
        "Look at notifier's log for `a letter cannot be written`; the others are not held up.",
    ),
    Kind(
        "notices without a message",
        f"tierline.notice WHERE state = 'pending' AND message IS NULL AND created_at < {_REAL}",
        "id::text, created_at, 'ticket ' || ticket || ', ' || occasion || ', ' || recipient",
        "This is a defect: a notice and its message are written together. Please report it, with"
        " the notifier's log of that moment.",
    ),
    Kind(
        "rows beyond every month",
        f"{_RESTS} JOIN {_ENDS} USING (kind) WHERE number >= until AND $1::float8 IS NOT NULL",
        "which || ' ' || number, clock_timestamp(), 'beyond ' || until",
        "Look at router: it makes months ahead, and was away for months or could not make them. The"
        " rows are kept and found, by slower ways; they are moved when their month is made.",
    ),
    Kind(
        "numbers beyond every month soon",
        f"{_ENDS} JOIN {_DRAWN} USING (kind) WHERE last_value > until - width / 10"
        " AND $1::float8 IS NOT NULL",
        "kind, clock_timestamp(), 'number ' || last_value || ' of ' || until",
        "Look at router: does it run, does its log say `tidying put off`? It makes months ahead.",
    ),
)

WRONG: Final = "due instants stored wrongly"
WRONG_REMEDY: Final = (
    "The timer would look at these too late or in vain. Any command on the ticket, or its next due"
    " instant, writes it anew. Please report it with `tierline tickets events` of one of them."
)

STORED_DUES = (
    "SELECT id, doc, next_due_at FROM tierline.ticket"
    " WHERE id > $1 AND next_due_at IS NOT NULL ORDER BY id LIMIT $2"
)

NEWEST_DUES = (
    "SELECT id, doc, next_due_at FROM tierline.ticket"
    " WHERE next_due_at IS NOT NULL ORDER BY id DESC LIMIT $1"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of a finding: which, since when it is overdue, and about what it is."""

    which: str
    since: datetime
    about: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing that should have happened, how many, and the first few of them."""

    what: str
    count: int
    remedy: str
    rows: tuple[Row, ...] = field(default=())


async def look(connection: Connection) -> list[Finding]:
    """Every kind that waits, with how many there are: a count of 0 is told, too."""
    findings = []
    for kind in KINDS:
        count = await connection.fetchval(kind.counted, LATE_S)
        beat()  # with a slow database one look is long
        findings.append(Finding(kind.what, count, kind.remedy))
    return findings


async def look_closely(connection: Connection) -> list[Finding]:
    """What is amiss now, with its first SHOWN_MAX rows; of stored dues the newest SAMPLE."""
    remedies = {kind.what: kind for kind in KINDS}
    findings = []
    for found in await look(connection):
        if found.count:
            rows = await connection.fetch(remedies[found.what].shown, LATE_S, SHOWN_MAX)
            findings.append(_with_rows(found, rows))
    wrong = stored_wrongly(await connection.fetch(NEWEST_DUES, SAMPLE))
    return [*findings, wrong] if wrong.count else findings


def stored_wrongly(rows: list[Any]) -> Finding:
    """Of tickets (id, doc, next_due_at), those whose stored due instant is not their own."""
    found = [
        Row(str(row["id"]), row["next_due_at"], f"its own is {own}")
        for row in rows
        if (own := next_due(decode_ticket(row["doc"]))) != row["next_due_at"]
    ]
    return Finding(WRONG, len(found), WRONG_REMEDY, tuple(found[:SHOWN_MAX]))


def _with_rows(found: Finding, rows: list[Any]) -> Finding:
    shown = tuple(Row(row["which"], row["since"], row["about"]) for row in rows)
    return Finding(found.what, found.count, found.remedy, shown)


TELL = """
INSERT INTO tierline.finding AS f (what, since, told_at)
SELECT what, at, at FROM unnest($1::text[]) AS u(what), (SELECT clock_timestamp() AS at) AS now
ORDER BY what
ON CONFLICT (what) DO UPDATE
SET since = CASE WHEN f.over_at IS NULL THEN f.since ELSE excluded.since END,
    told_at = excluded.told_at, over_at = NULL
WHERE f.told_at < clock_timestamp() - make_interval(secs => $2)
RETURNING what, since
"""
"""Who gets a row back is to tell it: of several auditors only one, and once in $2 seconds."""

NOT_TOLD = "UPDATE tierline.finding SET told_at = '-infinity' WHERE what = ANY($1::text[])"
"""It could not be told: the next look tries again."""

OVER = """
UPDATE tierline.finding SET over_at = clock_timestamp()
WHERE over_at IS NULL AND what <> ALL($1::text[])
RETURNING what, since, told_at > '-infinity' AS told
"""
"""What is no longer found; who gets a row back says so, if it had been told."""

TOLD = (
    "SELECT what, since, nullif(told_at, '-infinity') AS told_at FROM tierline.finding"
    " WHERE over_at IS NULL"
)
