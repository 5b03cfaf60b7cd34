"""`tierline scheduled`, `to-confirm` and `surveys`: what was agreed, and how it was."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.moments import local_time, parse_instant, parse_moment, rfc3339

Shown = Mapping[str, Any]
Owner = Annotated[str | None, typer.Option("--owner", help="me, or a login.", metavar="LOGIN")]
WEEK = timedelta(days=7)


def register(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command("scheduled")(with_router(scheduled))
    app.command("to-confirm")(with_router(to_confirm))
    app.command("surveys")(with_router(surveys))


def scheduled(
    call: Call,
    *,
    week: Annotated[
        bool, typer.Option("--week", help="The present week, from its Monday on.")
    ] = False,
    start: Annotated[
        str | None, typer.Option("--from", help="From when: 09:00, +2h, or ISO; else now.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--until", help="Until when; else a week later.")
    ] = None,
    owner: Owner = None,
) -> None:
    """List tickets that are booked for a time, and which of one person's overlap."""
    now = call.now()
    params: list[tuple[str, str | int]] = []
    if week:
        monday = monday_of(now)
        params += [("from", rfc3339(monday)), ("until", rfc3339(monday + WEEK))]
    else:
        params += [("from", rfc3339(parse_moment(start, now)))] if start else []
        params += [("until", rfc3339(parse_moment(end, now)))] if end else []
    params += [("owner", owner)] if owner else []
    found = call.router.get("/v1/scheduled", params)
    call.answer(found, lambda screen, document: _show_booked(screen, document, now))


def monday_of(now: datetime) -> datetime:
    """The midnight, by this machine's clock, with which the week of `now` begins."""
    today = now.astimezone().date()
    return datetime.combine(today - timedelta(days=today.weekday()), time()).astimezone()


def _show_booked(screen: Screen, document: Shown, now: datetime) -> None:
    rows = [
        [
            local_time(parse_instant(it["start"]), now),
            local_time(parse_instant(it["end"]), now) if it["end"] else "",
            str(it["number"]),
            it["owner"] or "nobody",
            it["client"],
            _overlaps(it["overlaps"]) + it["title"],
        ]
        for it in document["items"]
    ]
    if not rows:
        screen.line("nothing is scheduled")
        return
    screen.table(("from", "until", "number", "owner", "client", "title"), rows, wrap=True)
    if document["more"]:
        screen.line(f"the first {len(rows)}; ask for a shorter time", style="dim")


def _overlaps(numbers: list[int]) -> str:
    return f"OVERLAPS {', '.join(map(str, numbers))}: " if numbers else ""


def to_confirm(call: Call, *, owner: Owner = None) -> None:
    """List resolved tickets whose desk owner you are, waiting for the client's word."""
    now = call.now()
    params: list[tuple[str, str | int]] = [("owner", owner)] if owner else []
    found = call.router.get("/v1/to-confirm", params)
    call.answer(found, lambda screen, document: _show_waiting(screen, document, now))


def _show_waiting(screen: Screen, document: Shown, now: datetime) -> None:
    rows = [
        [
            str(it["number"]),
            it["client"],
            it["requester"]["name"] or "-",
            local_time(parse_instant(it["resolved_at"]), now),
            str(it["reminders"]),
            _closes(it["closes_at"], now),
            it["title"],
        ]
        for it in document["items"]
    ]
    if not rows:
        screen.line(f"nothing waits for {document['desk_owner']} to confirm")
        return
    headings = ("number", "client", "requester", "resolved", "reminded", "closes", "title")
    screen.table(headings, rows, wrap=True)
    screen.line("`tierline tickets confirm NUMBER`, or `reject NUMBER REASON`", style="dim")
    if document["more"]:
        screen.line(f"the first {len(rows)}", style="dim")


def _closes(text: str | None, now: datetime) -> str:
    at = parse_instant(text)
    return local_time(at, now) if at else "by hand"


def surveys(
    call: Call,
    *,
    start: Annotated[
        str | None, typer.Option("--from", help="From when, as ISO; else 30 days back.")
    ] = None,
    end: Annotated[str | None, typer.Option("--until", help="Until when; else now.")] = None,
) -> None:
    """Count how requesters say it was, by the group that had the ticket."""
    now = call.now()
    params: list[tuple[str, str | int]] = []
    params += [("from", rfc3339(parse_moment(start, now)))] if start else []
    params += [("until", rfc3339(parse_moment(end, now)))] if end else []
    call.answer(call.router.get("/v1/surveys", params), _show_counts)


def _show_counts(screen: Screen, document: Shown) -> None:
    names = ("good", "fine", "bad", "contradicting")
    rows = [[it["group"], *(str(it[name]) for name in names)] for it in document["items"]]
    if rows:
        screen.table(("group", *names), rows)
    else:
        screen.line("nobody has said how it was")
