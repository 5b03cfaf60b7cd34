"""Why limits were gathered, who was asked, and what was decided."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain import storm as s
from tierline.domain.explain.phrases import because, length, when
from tierline.domain.explain.seen import Seen


def gathered(seen: Seen) -> str:
    """What made a limit that ran out one of a storm."""
    within = length(seen.value("within_s") or 0)
    return (
        f"It was one of {seen.value('lapses')} limits of its group that ran out within {within}, "
        f"and beyond {seen.value('more_than')} they wait for one decision."
    )


def _joined(_seen: Seen, what: s.StormJoined) -> str:
    first = "It is the first of them" if what.tell_at else "Others came before it"
    return f"{first}; storm {what.storm} of {what.group} is decided by {when(what.until)}."


def _told(seen: Seen, _what: s.StormGathered) -> str:
    after = length(seen.value("told_after_s") or 0)
    return f"The leads hear of a storm once, {after} after its first ticket."


def _message(seen: Seen, what: s.StormTold) -> str:
    looked = ", ".join(seen.value("people") or ())
    to = ", ".join(what.to_groups)
    return f"{what.count} limits of {what.group} ran out, and {to} would get them: {looked}."


def _decided(seen: Seen, what: s.StormDecided) -> str:
    return f"{seen.by} leads, and decided for all of storm {what.storm}{because(what.reason)}."


CAUSES: Mapping[type, Callable[[Seen, Any], str]] = {
    s.StormJoined: _joined,
    s.StormGathered: _told,
    s.StormTold: _message,
    s.StormDecided: _decided,
}
"""By type of event."""
