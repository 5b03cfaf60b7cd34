"""How storms read on a terminal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tierline.cli.call import Screen
from tierline.cli.moments import local_time, parse_instant, until

Row = Mapping[str, Any]


def show_storms(screen: Screen, document: Row) -> None:
    """A storm a line: what of whom waits for a decision, and until when."""
    now = parse_instant(document["now"])
    if now is None or not document["items"]:
        screen.line("no storm")
        return
    rows = [
        [
            str(storm["number"]),
            storm["group"],
            f"{storm['waiting']} of {storm['count']}",
            _until(storm, now),
            ", ".join(storm["to_groups"]),
        ]
        for storm in document["items"]
    ]
    screen.table(("storm", "group", "wait", "until", "to"), rows)


def show_storm(screen: Screen, storm: Row, now: datetime) -> None:
    """Its head, then a ticket a line; `now` is UTC policy time."""
    number, group = storm["number"], storm["group"]
    screen.line(f"storm {number} of {group}: {storm['waiting']} of {storm['count']} wait")
    screen.line(f"until {_until(storm, now)}")
    rows = [
        [
            str(ticket["number"]),
            ticket["priority"],
            "waits" if ticket["waits"] else ticket["state"].replace("_", " "),
            ticket["owner"] or "-",
            ticket["group"] if ticket["group"] != group else f"to {ticket['to_group']}",
            f"{ticket['client']}: {ticket['title']}",
        ]
        for ticket in storm["tickets"]
    ]
    screen.table(("ticket", "prio", "state", "owner", "group", "what"), rows)
    if storm["waiting"]:
        how = f"tierline storms decide {number} --move-all"
        screen.line(f"decide: `{how}`, --keep-all, or the numbers of those that move", style="dim")


def show_decided(screen: Screen, decision: Row) -> None:
    """What was decided."""
    moved, kept = len(decision["moved"]), len(decision["kept"])
    screen.line(f"storm {decision['number']} is decided: {moved} move, {kept} stay")


def _until(storm: Row, now: datetime) -> str:
    over, due = parse_instant(storm["over_at"]), parse_instant(storm["until"])
    if over is not None:
        return f"over since {local_time(over, now)}"
    return f"{local_time(due, now)} ({until(due, now)})" if due else "-"
