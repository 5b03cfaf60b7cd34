"""Reports as the command line prints them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tierline.cli.call import Screen
from tierline.cli.moments import local_time, parse_instant, span

Shown = Mapping[str, Any]


def show_list(screen: Screen, document: Shown, now: datetime) -> None:
    """Print a lead's list, a line a ticket and section."""
    opens = _time(document["opens_at"], now)
    screen.line(f"{document['group']}, up to the opening {opens}")
    for part in document["sections"]:
        screen.line()
        screen.line(f"{part['title']} ({len(part['lines']) + part['more']})", style="bold")
        for line in part["lines"]:
            told = f"{line['priority']}  {line['client']}: {line['title']}"
            screen.line(f"  #{line['number']}  {told}")
            screen.line(f"      {_words(line, now)}", style="dim")
        if part["more"]:
            screen.line(f"  and {part['more']} more")
    if not document["sections"]:
        screen.line(f"nothing breaks before {opens}, and nothing else needs a hand")
    if document["more"]:
        screen.line(f"looked at the {document['tickets']} most pressing tickets; there are more")


def _words(line: Shown, now: datetime) -> str:
    parts = [f"{line['says']} {_time(line['at'], now)}" if line["at"] else "", line["what"]]
    parts += ["nobody is in then" if line["nobody_in"] else "", line["owner"] or "unclaimed"]
    return "; ".join(part for part in parts if part)


def show_week(screen: Screen, document: Shown, now: datetime) -> None:
    """Print a week's figures as a table under its headings."""
    since, until = _time(document["since"], now), _time(document["until"], now)
    screen.line(f"{document['week']}, {since} to {until} ({document['zone']})")
    if not document["complete"]:
        screen.line("more was recorded than is counted: the figures are too low")
    section: list[list[str]] = []
    for row in [*document["rows"], {"name": "", "now": "", "before": ""}]:
        if row["now"]:
            section.append([f"  {row['name']}", row["now"], row["before"]])
            continue
        if section:
            screen.table(("", "this week", "the week before"), section, wrap=True)
            section = []
        if row["name"]:
            screen.line()
            screen.line(row["name"], style="bold")


def show_letters(screen: Screen, document: Shown, now: datetime) -> None:
    """Print a line a letter: of what day, when written, to whom, the outcome."""
    rows = [
        [
            it["day"],
            it["kind"],
            it["about"] or "-",
            _time(it["at"], now),
            it["recipient"] or "nobody",
            it["why"] or it["reason"] or it["proof"] or it["state"],
        ]
        for it in document["items"]
    ]
    if rows:
        screen.table(("day", "letter", "about", "written", "to", "outcome"), rows)
    else:
        screen.line("no letters yet")


def show_bounces(screen: Screen, document: Shown, now: datetime, *, each: bool) -> None:
    """Print a line an edge, and with `each` a line a ticket below it."""
    since = _time(document["since"], now)
    if not document["edges"]:
        screen.line(f"nothing bounced since {since}")
        return
    lost = span(timedelta(seconds=document["lost_s"]))
    screen.line(f"{document['count']} bounces since {since}, {lost} lost")
    for edge in document["edges"]:
        cost = span(timedelta(seconds=edge["lost_s"]))
        screen.line(f"{edge['sent_by']} > {edge['sent_to']}: {edge['count']}, {cost} lost")
        for one in edge["bounces"] if each else ():
            took = span(timedelta(seconds=one["lost_s"]))
            reason = f": {one['reason']}" if one["reason"] else ""
            back = _time(one["back_at"], now)
            screen.line(f"  #{one['ticket']}  {one['client']}  back {back} after {took}{reason}")
    if document["more"]:
        screen.line("the newest only; ask for a shorter stretch")


def _time(text: str, now: datetime) -> str:
    return local_time(parse_instant(text), now)
