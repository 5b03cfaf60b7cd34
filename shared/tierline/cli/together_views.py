"""What a ticket has to do with others, in words: major incident, problem, what helps."""

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def together_pairs(ticket: Row) -> Iterable[tuple[str, str]]:
    """Name and value of each thing that a ticket has to do with others; empty ones included."""
    under = ticket.get("under") or 0
    yield "part of", f"major incident {under}" if under else ""
    yield "major incident", _major(ticket.get("major"))
    yield "not helped", _leftovers(ticket.get("major"))
    problem = ticket.get("problem") or 0
    yield "problem", str(problem) if problem else ""
    yield from _finding(ticket.get("finding"))
    for known in ticket.get("workarounds") or ():
        yield "workaround", f"{known['workaround']} ({known['problem']}, {known['because']})"


def _major(major: Row | None) -> str:
    if not major:
        return ""
    numbers = " ".join(map(str, major["children"]))
    count = len(major["children"])
    return f"{count} under it{f': {numbers}' if numbers else ''}"


def _leftovers(major: Row | None) -> str:
    left = major["leftovers"] if major else ()
    return "; ".join(f"{one['ticket']}: {one['because']}" for one in left)


def _finding(finding: Row | None) -> Iterable[tuple[str, str]]:
    if not finding:
        return
    yield "cause", finding["cause"]
    yield "workaround", finding["workaround"]
    numbers = " ".join(map(str, finding["tickets"]))
    count = finding["count"]
    behind = f"{count} ticket{'' if count == 1 else 's'}: {numbers}"
    yield "behind", behind if numbers else ""
    yield "known error", "yes" if finding["known_error"] else "not yet"
