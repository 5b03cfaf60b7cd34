"""The report of a replay for people."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tierline.cli.replaying.figures import agrees
from tierline.cli.replaying.limits import LISTED_MAX

REASON_SHOWN = 60
VALUES_SHOWN, VALUE_SHOWN = 3, 40


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """The report, a line each; empty ones between its parts."""
    parts = (_whole, _moves, _broken, _notices, _time, _unmapped, _checks)
    lines: list[str] = []
    for part in parts:
        lines += ["", *part(report)]
    return lines


def _whole(report: Mapping[str, Any]) -> Iterator[str]:
    commands, run = report["commands"], report["run"]
    states = ", ".join(f"{n:,} {state}" for state, n in report["tickets"].items())
    yield f"{report['log']}: {report['from'][:10]} to {report['to'][:10]}"
    yield f"  tickets      {sum(report['tickets'].values()):,} ({states})"
    yield f"  commands     {commands['recorded']:,}, {commands['refused']:,} refused"
    yield f"  events       {sum(report['events'].values()):,}"
    anew = f" ({report['anew']:,} of them finished anew)" if report["anew"] else ""
    yield f"  claims       {report['claims']:,}; reopenings {report['reopenings']:,}{anew}"
    yield (
        f"  this run     {run['seconds']:,.0f} s, {run['commands']:,} commands,"
        f" {run['commands_per_s']:,.0f}/s"
    )


def _moves(report: Mapping[str, Any]) -> Iterator[str]:
    total = sum(edge["count"] for edge in report["hand_overs"])
    bounced = f"{report['bounces']:,} of {report['bounced_tickets']:,} tickets"
    yield f"Hand-overs: {total:,}; straight back (bounces): {bounced}"
    yield from _columns(
        (f"{edge['from']} to {edge['to']}", f"{edge['count']:,}") for edge in report["hand_overs"]
    )
    yield f"Holds: {sum(report['holds'].values()):,}"
    yield from _columns((reason, f"{n:,}") for reason, n in report["holds"].items())


def _broken(report: Mapping[str, Any]) -> Iterator[str]:
    for kind, words in (("breached", "Promises broken"), ("lapsed", "Internal limits run out")):
        rows = [row for row in report["broken"] if row["type"] == kind]
        yield f"{words}: {sum(row['n'] for row in rows):,}"
        clocks: dict[str, list[str]] = {}
        for row in rows:
            clocks.setdefault(row["clock"], []).append(f"{row['priority']} {row['n']:,}")
        yield from _columns((clock, ", ".join(parts)) for clock, parts in clocks.items())


def _notices(report: Mapping[str, Any]) -> Iterator[str]:
    rows = report["notices"]
    yield f"Notices: {sum(row['n'] for row in rows):,}; messages sent: {report['messages_sent']:,}"
    yield from _columns(
        (f"{row['n']:,} {row['state']}", row["reason"][:REASON_SHOWN]) for row in rows[:LISTED_MAX]
    )


def _time(report: Mapping[str, Any]) -> Iterator[str]:
    sums = report["time"]
    yield f"Time, in hours: {sums['wall_hours']:,.0f} in all"
    tiers = ((f"in {name}", f"{hours:,.0f}") for name, hours in sums["tier_hours"].items())
    holds = ((f"on hold: {name}", f"{hours:,.0f}") for name, hours in sums["hold_hours"].items())
    yield from _columns(
        [
            *tiers,
            *holds,
            ("closed hours", f"{sums['closed_hours']:,.0f}"),
            ("resolved or closed", f"{sums['finished_hours']:,.0f}"),
        ]
    )


def _unmapped(report: Mapping[str, Any]) -> Iterator[str]:
    yield from unmapped_lines(report["unmapped"])


def unmapped_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What of the log could not be taken, with the values that are to be seen to."""
    total = sum(row["count"] for row in found["by_reason"])
    left = found["left_out_by_the_mapping"]
    yield f"Rows read: {found['rows_read']:,}; left out by the mapping: {left:,}; notes: {total:,}"
    yield from _columns(
        (f"{row['count']:,} {row['column']}", row["reason"] + _values(row))
        for row in found["by_reason"][:LISTED_MAX]
    )
    if more := max(0, len(found["by_reason"]) - LISTED_MAX):
        yield f"  ... and {more:,} more reasons; the JSON report has them"


def _values(row: Mapping[str, Any]) -> str:
    """The most frequent values, and where the first of the rows is."""
    listed = [it for it in row.get("values", []) if it["value"]]
    shown = [f"`{it['value'][:VALUE_SHOWN]}` {it['count']:,}" for it in listed[:VALUES_SHOWN]]
    more = [f"{len(listed) - len(shown):,} other values"] if len(listed) > len(shown) else []
    first = [f"from row {row['first_row']:,} on"] if "first_row" in row else []
    return f" ({', '.join([*shown, *more, *first])})" if shown or first else ""


def _checks(report: Mapping[str, Any]) -> Iterator[str]:
    checks, incidents = report["checks"], report["incidents"]
    agreeing = incidents - checks["disagreeing_cases"]
    yield "Checks against the log"
    yield f"  last status, tier, group, owner, reopenings: {agreeing:,} of {incidents:,} agree"
    yield f"  time in tiers + holds + closed hours = wall time: {_all_but(checks)}"
    yield f"  state hash {checks['state_hash']}" + _before(checks)
    for row in report["mismatches"][:LISTED_MAX]:
        yield f"  {row['case']}: {row['field']} is {row['ticket']!r}, in the log {row['log']!r}"
    for row in report["refused"][:LISTED_MAX]:
        yield f"  refused: {row['key']} {row['verb']}: {row['reason']}"
    more = max(0, len(report["mismatches"]) - LISTED_MAX)
    if more:
        yield f"  ... and {more:,} more; the JSON report has them"
    if checks["dead_letters"]:
        yield f"  dead letters: {checks['dead_letters']:,}"
    yield "Everything agrees." if agrees(report) else "There are disagreements."


def _all_but(checks: Mapping[str, Any]) -> str:
    wrong = checks["time_does_not_add_up"]
    return "every ticket" if not wrong else f"all but {wrong:,} tickets"


def _before(checks: Mapping[str, Any]) -> str:
    same = checks.get("same_as_before")
    if same is None:
        return ""
    return ", the same as before" if same else f", before it was {checks['earlier_hash']}"


def _columns(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    listed = list(pairs)
    wide = max((len(name) for name, _ in listed), default=0)
    for name, value in listed:
        yield f"  {name:<{wide}}  {value}".rstrip()
