"""Who is on call, as the command line prints it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tierline.cli.call import Screen
from tierline.cli.moments import local_time, parse_instant

Shown = Mapping[str, Any]


def people_words(standing: Shown) -> str:
    """The names of those on call, or why nobody is."""
    names = ", ".join(it["name"] for it in standing["people"])
    return names or f"NOBODY ({standing['nobody']})"


def standing_words(standing: Shown, now: datetime) -> str:
    """Who is on call, until when, and who comes after."""
    if not standing["next"]:
        return people_words(standing)
    at = local_time(parse_instant(standing["until"]), now)
    return f"{people_words(standing)} until {at}, then {people_words(standing['next'])}"


def show_who(screen: Screen, document: Shown, now: datetime) -> None:
    """Print every group in the order work reaches it, and the duty manager last."""
    rows = [
        [
            group["tier"],
            group["name"],
            _staffed(group, now),
            standing_words(group["on_call"], now) if group["on_call"] else "no schedule",
        ]
        for group in document["groups"]
    ]
    last = standing_words(document["duty_manager"], now)
    rows.append(["", "duty manager", "", last])
    screen.table(("tier", "group", "staffed", "on call"), rows, wrap=True)
    closed = [priority for priority, counts in document["cover"].items() if not counts]
    if closed:
        screen.line(f"outside the hours of {document['client']} for {', '.join(closed)}")


def _staffed(group: Shown, now: datetime) -> str:
    if group["staffed"]:
        closes = parse_instant(group["closes_at"])
        return f"until {local_time(closes, now)}" if closes else "always"
    opens = parse_instant(group["opens_at"])
    return f"from {local_time(opens, now)}" if opens else "never"


def show_schedules(screen: Screen, document: Shown, now: datetime) -> None:
    """Print a line for each schedule."""
    rows = [
        [it["name"], it["zone"], ", ".join(it["groups"]) or "-", standing_words(it["now"], now)]
        for it in document["items"]
    ]
    if rows:
        screen.table(("schedule", "zone", "groups", "on call"), rows, wrap=True)
    else:
        screen.line("no schedules; write some into records.yaml and run tierline load")


def show_schedule(screen: Screen, document: Shown, now: datetime) -> None:
    """Print the shifts and gaps of a schedule in order, and its overrides."""
    screen.line(f"{document['name']}, {document['zone']}: {standing_words(document['now'], now)}")
    parts = [(it["from"], it["until"], it["name"], it["why"]["words"]) for it in document["shifts"]]
    parts += [(it["from"], it["until"], "NOBODY", it["why"]) for it in document["gaps"]]
    rows = [
        [_time(start, now), _time(end, now), who, why] for start, end, who, why in sorted(parts)
    ]
    screen.table(("from", "until", "who", "why"), rows, wrap=True)
    for it in document["overrides"]:
        screen.line(_override_words(it, now))


def show_overrides(screen: Screen, document: Shown, now: datetime) -> None:
    """Print a line for each override."""
    for it in document["items"]:
        screen.line(_override_words(it, now))


def _override_words(it: Shown, now: datetime) -> str:
    who = it["person"] or "nobody"
    instead = f" instead of {it['replaces']}" if it["replaces"] else " in addition"
    reason = f": {it['reason']}" if it["reason"] else ""
    start, end = _time(it["from"], now), _time(it["until"], now)
    return f"override {it['id']}, {start} to {end}: {who}{instead}, by {it['by']}{reason}"


def _time(text: str, now: datetime) -> str:
    return local_time(parse_instant(text), now)


def show_imported(screen: Screen, document: Shown, now: datetime) -> None:
    """Print the shifts of a calendar file, and what could not be taken."""
    for it in document["shifts"]:
        screen.line(f"{_time(it['from'], now)} to {_time(it['until'], now)}  {it['name']}")
    for it in document["left"]:
        screen.line(f"not taken: {it['summary'] or '(no title)'}: {it['reason']}")
    more = document["left_count"] - len(document["left"])
    if more:
        screen.line(f"not taken: {more} more")
    done = "is on top now" if document["written"] else "would be on top; nothing was written"
    screen.line(f"layer {document['layer']} with {len(document['shifts'])} shifts {done}")
