"""From where a case stands to where its next row says it stands: the commands in between."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from tierline.domain.terms import State
from tierline.replay.meaning import Kind
from tierline.replay.places import Change, Place

OPEN: Final = "open"


@dataclass(frozen=True, slots=True)
class Said:
    """A command without its instant: the router's sub-resource and its body."""

    verb: str
    fields: Mapping[str, Any]


def commands(before: Place | None, change: Change) -> Iterator[Said]:
    """The commands that take a case from `before` (None: just opened) to `change.place`.

    A row that changes nothing is kept as a note, but for one on a closed case, where nothing can
    be written.
    """
    found = tuple(_commands(_opened(change.place) if before is None else before, change))
    if found:
        yield from found
    elif change.place.state is not State.CLOSED and before is not None:
        yield Said("notes", {"text": change.row.status or "no status"})


def _opened(place: Place) -> Place:
    return replace(place, state=State.QUEUED, owner="", hold=None)


def _commands(here: Place, change: Change) -> Iterator[Said]:
    place, words = change.place, change.row.status or "no status"
    if change.again:
        yield Said("reopen", {"reason": words})
        here = replace(here, state=State.QUEUED, owner="", hold=None)
    if here.finished:
        yield from _ending(here, change, words)
        return
    if place.group != here.group:
        yield Said("move", {"to_group": place.group, "reason": words})
        here = replace(here, state=State.QUEUED, owner="", hold=None)
    if place.priority is not here.priority:
        yield Said("priority", {"priority": place.priority.value, "reason": words})
    yield from _holding_and_owning(here, place, words)
    yield from _ending(here, change, words)


def _holding_and_owning(here: Place, place: Place, words: str) -> Iterator[Said]:
    if here.hold is not None and place.hold is None and not place.finished:
        yield Said("resume", {"because": words})
    if here.owner and here.owner != place.owner:
        yield Said("release", {"reason": words})
    if place.owner and here.owner != place.owner:
        yield Said("claim", {"owner": place.owner})
    if place.hold is not None and place.hold != here.hold:
        asked = {"reason": place.hold.reason.value, "asked": words}
        yield Said("hold", {**asked, "of": place.hold.of} if place.hold.of else asked)


def _ending(here: Place, change: Change, words: str) -> Iterator[Said]:
    """The commands that finish; straight out of a hold is fine."""
    if not change.place.finished or change.later or here.state is State.CLOSED:
        return
    if change.kind is Kind.CANCELLED:
        yield Said("close", {"reason": words})
        return
    if here.state is not State.RESOLVED:
        yield Said("resolve", {"resolution": words})
    if change.kind is Kind.DONE:
        yield Said("confirm", {"note": words})
    elif change.kind is Kind.CLOSED:
        yield Said("close", {"reason": words})
