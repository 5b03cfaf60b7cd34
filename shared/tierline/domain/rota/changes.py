"""Changes by hand: which of them cannot stand together, and how two people swap."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from tierline.domain.rota.answers import shifts
from tierline.domain.rota.rotation import RotaError
from tierline.domain.rota.schedule import EVERYBODY, Absence, Override, Schedule


class Stretch(NamedTuple):
    """What one person gives away in a swap: their duty from `start` up to `end`."""

    person: str
    start: datetime
    end: datetime


def conflicting(new: Override, others: Iterable[Override]) -> Override | None:
    """Return the first override that `new` cannot stand beside, or None.

    Two that overlap conflict where both touch one person, or one touches everybody: what held then
    would hang on the order they were written in.
    """
    for other in others:
        if other.span[0] < new.span[1] and new.span[0] < other.span[1] and _share(new, other):
            return other
    return None


def swap(
    schedule: Schedule,
    first: Stretch,
    second: Stretch,
    ids: tuple[str, str],
    reason: str = "",
    absences: Iterable[Absence] = (),
) -> tuple[Override, Override]:
    """Make the two overrides by which two people take over each other's duty.

    Args:
        schedule: with the overrides there are.
        first: what one gives to the other.
        second: what the other gives in return.
        ids: of the two new overrides.
        reason: kept with both.
        absences: who is away when.

    Returns:
        Both overrides; neither makes sense without the other.

    Raises:
        RotaError: one person on both sides, stretches that overlap, somebody who gives what is not
            all theirs, or an override that is in the way, which is named.
    """
    if first.person == second.person:
        raise RotaError("with", f"{first.person} cannot swap with themselves")
    away = tuple(absences)
    _refuse_not_theirs(schedule, "first", first, away)
    _refuse_not_theirs(schedule, "second", second, away)
    made = (
        Override(ids[0], first.start, first.end, second.person, first.person, reason),
        Override(ids[1], second.start, second.end, first.person, second.person, reason),
    )
    if conflicting(made[0], made[1:]) is not None:
        raise RotaError("second", "the two stretches overlap; swap stretches that do not")
    for override in made:
        in_the_way = conflicting(override, schedule.overrides)
        if in_the_way is not None:
            raise RotaError("first", conflict_in_words(in_the_way))
    return made


def conflict_in_words(other: Override) -> str:
    """Say which override is in the way, and what to do."""
    who = other.person or "nobody"
    whom = "everybody" if other.replaces == EVERYBODY else other.replaces
    instead = f" instead of {whom}" if whom else " in addition"
    return (
        f"override {other.id} is in the way: {who}{instead} from {other.start.isoformat()}"
        f" to {other.end.isoformat()}; remove it first, or choose another stretch"
    )


def _refuse_not_theirs(
    schedule: Schedule, name: str, stretch: Stretch, away: tuple[Absence, ...]
) -> None:
    """Refuse a stretch that is not, from end to end, the duty of the one who gives it."""
    at = stretch.start
    for shift in shifts(schedule, stretch.start, stretch.end, away):
        if shift.person == stretch.person and shift.start <= at:
            at = max(at, shift.end)
    if at < stretch.end:
        message = f"{stretch.person} is not on call at {at.isoformat()}; give a stretch of theirs"
        raise RotaError(name, message)


def _share(one: Override, other: Override) -> bool:
    touched = {one.person, one.replaces} - {""}
    others = {other.person, other.replaces} - {""}
    return EVERYBODY in touched | others or bool(touched & others)
