"""The sentences of storms: limits that ran out, too many of one group at once."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain import storm as s
from tierline.messages.phrases import Said, because


def _joined(said: Said, what: s.StormJoined) -> str:
    first = ", as its first" if what.tell_at is not None else ""
    return f"it is part of storm {what.storm} of {what.group}{first}, until {said.when(what.until)}"


def _gathered(_said: Said, what: s.StormGathered) -> str:
    return f"it was time to tell the leads of storm {what.storm}"


def _told(said: Said, what: s.StormTold) -> str:
    named = [said.person(login) for login in what.people] or ["nobody"]
    verb = "was" if len(named) == 1 else "were"
    who = " and ".join((", ".join(named[:-1]), named[-1])) if named[1:] else named[0]
    return f"{who} {verb} told of storm {what.storm} of {what.group}: {_tickets(what.count)}"


def _decided(said: Said, what: s.StormDecided) -> str:
    moved, kept = len(what.moved), len(what.kept)
    return (
        f"{said.by} decided storm {what.storm} of {what.group}: "
        f"{moved} moved, {kept} stayed{because(what.reason)}"
    )


def _tickets(count: int) -> str:
    return "1 ticket" if count == 1 else f"{count} tickets"


SAY: Mapping[type, Callable[[Said, Any], str]] = {
    s.StormJoined: _joined,
    s.StormGathered: _gathered,
    s.StormTold: _told,
    s.StormDecided: _decided,
}
"""By type of event."""
