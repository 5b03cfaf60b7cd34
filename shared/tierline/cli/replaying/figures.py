"""What a replay comes to: tables read from its database, and the checks against its log."""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tierline.cli.replaying.database import Books
from tierline.cli.replaying.inputs import Inputs
from tierline.cli.replaying.limits import REPORTED_MAX
from tierline.replay import books as ledger
from tierline.replay.check import compare, place_of
from tierline.replay.oracle import state_hash
from tierline.replay.plan import Plan
from tierline.replay.unmapped import Why

# `data` is what the event carries, `what` its own part, `ticket` the ticket after it.
_EVENTS = """
SELECT type, count(*) AS n FROM tierline.event GROUP BY type ORDER BY n DESC
"""
_EDGES = """
SELECT w->>'from_tier' AS from_tier, w->>'to_tier' AS to_tier, type, count(*) AS n,
    count(*) FILTER (WHERE (w->>'bounce')::boolean) AS bounces
FROM (SELECT type, body->'data'->'what' AS w FROM tierline.event
    WHERE type IN ('escalated', 'returned', 'transferred')) AS moved
GROUP BY 1, 2, 3 ORDER BY n DESC
"""
_BOUNCED = """
SELECT count(DISTINCT ticket) AS n FROM tierline.event
WHERE type IN ('escalated', 'returned', 'transferred')
  AND (body->'data'->'what'->>'bounce')::boolean
"""
_HOLDS = """
SELECT body->'data'->'what'->'hold'->>'reason' AS reason, count(*) AS n FROM tierline.event
WHERE type = 'held' GROUP BY 1 ORDER BY n DESC
"""
_BROKEN = """
SELECT type, body->'data'->'what'->>'clock' AS clock,
    body->'data'->'ticket'->>'priority' AS priority, count(*) AS n
FROM tierline.event WHERE type IN ('breached', 'lapsed') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_NOTICES = """
SELECT state, reason, count(*) AS n FROM tierline.notice GROUP BY 1, 2 ORDER BY n DESC LIMIT 50
"""
_STATES = "SELECT state, count(*) AS n FROM tierline.ticket GROUP BY 1 ORDER BY n DESC"

_REFUSED = """
SELECT case_key AS "case", key, verb, at, code, reason FROM tierline.replay_command
WHERE status >= 400 ORDER BY at, key LIMIT $1
"""
_COMMANDS = """
SELECT count(*) AS n, count(*) FILTER (WHERE status >= 400) AS refused
FROM tierline.replay_command
"""
_SPOILT = "SELECT count(*) AS n FROM tierline.dead_letter"

_SENT = "SELECT count(*) AS n FROM tierline.attempt"


async def figures(books: Books, inputs: Inputs) -> dict[str, Any]:
    """All tables and checks of a replay that has drained, as plain JSON."""
    began = time.monotonic()
    tables = await _tables(books)
    tickets = await books.tickets()
    mismatches = compare(inputs.plan, {case: place_of(it) for case, it in tickets.items()})
    time_sums = await _time(books, inputs)
    refused = [
        row | {"at": row["at"].isoformat()} for row in await books.rows(_REFUSED, REPORTED_MAX)
    ]
    checks = {
        "disagreements": len(mismatches),
        "disagreeing_cases": len({it.case for it in mismatches}),
        "refused_commands": tables["commands"]["refused"],
        "time_does_not_add_up": time_sums["wrong"],
        "dead_letters": tables["dead_letters"],
        "state_hash": state_hash(tickets),
    }
    return {
        "log": inputs.name,
        "incidents": len(inputs.plan.cases),
        "from": inputs.plan.start.isoformat(),
        "to": inputs.plan.end.isoformat(),
        **tables,
        "anew": sum(case.expected.anew for case in inputs.plan.cases),
        "time": time_sums,
        "unmapped": unmapped(inputs.plan),
        "checks": checks,
        "mismatches": [
            {"case": m.case, "field": m.field, "log": m.expected, "ticket": m.found}
            for m in mismatches[:REPORTED_MAX]
        ],
        "refused": refused,
        "reading_s": round(time.monotonic() - began, 1),
    }


async def _tables(books: Books) -> dict[str, Any]:
    edges = await books.rows(_EDGES)
    events = {row["type"]: row["n"] for row in await books.rows(_EVENTS)}
    (commands,) = await books.rows(_COMMANDS)
    (spoilt,) = await books.rows(_SPOILT)
    (sent,) = await books.rows(_SENT)
    (bounced,) = await books.rows(_BOUNCED)
    return {
        "tickets": {row["state"]: row["n"] for row in await books.rows(_STATES)},
        "commands": {"recorded": commands["n"], "refused": commands["refused"]},
        "events": events,
        "hand_overs": [
            {"from": e["from_tier"], "to": e["to_tier"], "how": e["type"], "count": e["n"]}
            for e in edges
        ],
        "bounces": sum(edge["bounces"] for edge in edges),
        "bounced_tickets": bounced["n"],
        "holds": {row["reason"]: row["n"] for row in await books.rows(_HOLDS)},
        "claims": events.get("claimed", 0),
        "reopenings": events.get("reopened", 0),
        "broken": await books.rows(_BROKEN),
        "notices": await books.rows(_NOTICES),
        "messages_sent": sent["n"],
        "dead_letters": spoilt["n"],
    }


async def _time(books: Books, inputs: Inputs) -> dict[str, Any]:
    """Sums over every ticket's own books; `wrong` counts those that do not add up."""
    tiers: Counter[str] = Counter()
    holds: Counter[str] = Counter()
    closed = finished = wall = 0.0
    wrong: list[int] = []
    calendars = inputs.loaded.policy.calendars
    async for events in books.histories():
        one = ledger.time_books(events, calendars, inputs.plan.end)
        tiers.update(_hours(one.tiers))
        holds.update(_hours(one.holds))
        closed += one.closed / timedelta(hours=1)
        finished += one.finished / timedelta(hours=1)
        wall += one.wall / timedelta(hours=1)
        if not one.adds_up:
            wrong.append(events[0].ticket)
    return {
        "tier_hours": _rounded(tiers),
        "hold_hours": _rounded(holds),
        "closed_hours": round(closed, 1),
        "finished_hours": round(finished, 1),
        "wall_hours": round(wall, 1),
        "wrong": len(wrong),
        "wrong_tickets": wrong[:REPORTED_MAX],
    }


def _hours(spans: Mapping[str, timedelta]) -> dict[str, float]:
    return {name: span / timedelta(hours=1) for name, span in spans.items()}


def _rounded(hours: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in sorted(hours.items())}


def unmapped(plan: Plan) -> dict[str, Any]:
    """What of the log could not be taken, by column, reason and value, with its first rows."""
    firsts: dict[Why, int] = {}
    for one in plan.unmapped:
        firsts.setdefault((one.column, one.reason), one.row)
    return {
        "rows_read": plan.rows,
        "left_out_by_the_mapping": plan.filtered,
        "by_reason": [
            {
                "column": why[0],
                "reason": why[1],
                "count": count,
                "first_row": firsts[why],
                "values": [
                    {"value": value, "count": times}
                    for value, times in Counter(plan.values.get(why, {})).most_common()
                ],
            }
            for why, count in plan.reasons.items()
        ],
        "rows": [
            {"row": it.row, "column": it.column, "value": it.value, "reason": it.reason}
            for it in plan.unmapped
        ],
    }


def agrees(report: Mapping[str, Any]) -> bool:
    """Whether everything agrees with the log."""
    checks = report["checks"]
    wrong = ("disagreements", "refused_commands", "time_does_not_add_up", "dead_letters")
    same = checks.get("same_as_before", True)
    return same and not any(checks[name] for name in wrong)
