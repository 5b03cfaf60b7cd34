"""When letters are due: each kind, about whom, at which instant, of which local day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from tierline.domain.business_time import never_closes
from tierline.domain.calendar import Calendar
from tierline.domain.instants import FIRST_INSTANT, LAST_INSTANT, from_us, to_us
from tierline.domain.open_hours import open_hours
from tierline.domain.policy import Group, Policy
from tierline.domain.terms import Mode

BEFORE_CLOSING: Final = timedelta(minutes=30)
"""How long before a group closes its lead gets what will break before anyone is in."""

LOOK_BACK: Final = timedelta(days=8)
LOOK_AHEAD: Final = timedelta(days=70)
"""No calendar is closed for 60 days in a row, so an opening and a closing lie within these."""


class LetterKind(StrEnum):
    """What a letter is."""

    OPENING = "opening"
    CLOSING = "closing"
    DIGEST = "digest"
    WEEKLY = "weekly"


LISTS: Final = (LetterKind.OPENING, LetterKind.CLOSING)


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A letter that is to be written.

    `about`: the group of a list, else empty. `at`: UTC policy time. `day`: the local day that it
    is of; there is one letter a kind, subject and day.
    """

    at: datetime
    kind: LetterKind
    about: str
    day: date


def letters_of(policy: Policy) -> list[tuple[LetterKind, str]]:
    """Every letter that `policy` asks for. Where it only watches, nothing leaves Tierline."""
    rules = policy.letters
    if not speaks(policy):
        return []
    found: list[tuple[LetterKind, str]] = []
    if rules.lists:
        led = [group.name for group in policy.groups.values() if group.lead]
        found += [(kind, name) for name in led for kind in LISTS]
    if rules.digest_at is not None:
        found.append((LetterKind.DIGEST, ""))
    if rules.weekly_day is not None:
        found.append((LetterKind.WEEKLY, ""))
    return found


def speaks(policy: Policy) -> bool:
    """Whether some ticket may be more than watched."""
    mode = policy.mode
    rest = (mode.agreements, mode.clients, mode.paths)
    modes = {mode.default, *(one for rules in rest for one in rules.values())}
    return modes != {Mode.WATCH}


def hours_for(policy: Policy, group: Group) -> Calendar:
    """The hours by which the group's lists go: its own, or those for groups that never close."""
    return policy.letters.round_the_clock if never_closes(group.hours) else group.hours


def next_letter(policy: Policy, kind: LetterKind, about: str, after: datetime) -> Due | None:
    """The first letter of this kind and subject that is due after an instant (UTC).

    Returns:
        None where the policy does not ask for it, or none comes by 2100.
    """
    if (kind, about) not in letters_of(policy):
        return None
    if kind in LISTS:
        hours = hours_for(policy, policy.groups[about])
        dues = _lists(hours, kind, about, after)
    else:
        dues = _by_the_wall(policy, kind, after)
    return next((due for due in dues if due.at > after), None)


def _lists(hours: Calendar, kind: LetterKind, about: str, after: datetime) -> Iterator[Due]:
    """The first opening, or the last closing, of each local day around `after`, in order."""
    chosen: dict[date, datetime] = {}
    for opens, closes in spans(hours, after - LOOK_BACK, after + LOOK_AHEAD):
        edge = opens if kind is LetterKind.OPENING else closes
        day = edge.astimezone(hours.tzinfo).date()
        if kind is LetterKind.OPENING:
            chosen.setdefault(day, edge)
        else:
            chosen[day] = max(opens, edge - BEFORE_CLOSING)
    for day, at in sorted(chosen.items()):
        yield Due(at, kind, about, day)


def spans(hours: Calendar, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The open spans (UTC) that begin and end between two instants, whole ones only."""
    first, last = to_us(max(start, FIRST_INSTANT)), to_us(min(end, LAST_INSTANT))
    found = open_hours(hours).spans(first, last)
    return [(from_us(a), from_us(b)) for a, b in found if a > first and b < last]


def _by_the_wall(policy: Policy, kind: LetterKind, after: datetime) -> Iterator[Due]:
    """At a time of day by the provider's wall, every day or on one weekday."""
    rules = policy.letters
    zone = ZoneInfo(rules.zone)
    today = after.astimezone(zone).date()
    weekly = kind is LetterKind.WEEKLY
    at = rules.weekly_at if weekly else rules.digest_at
    for ahead in range(-1, 9):
        day = today + timedelta(days=ahead)
        if at is not None and (not weekly or day.weekday() == rules.weekly_day):
            yield Due(on_the_wall(zone, day, at), kind, "", day)


def on_the_wall(zone: ZoneInfo, day: date, at: time) -> datetime:
    """A local time of day as an instant (UTC); one that the clocks skip is as far past the skip."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def week_of(zone: ZoneInfo, monday: date) -> tuple[datetime, datetime]:
    """From the first instant of a local week up to that of the next (UTC)."""
    midnight = time()
    start = on_the_wall(zone, monday, midnight)
    return start, on_the_wall(zone, monday + timedelta(days=7), midnight)


def horizon_of(hours: Calendar, kind: LetterKind, now: datetime) -> tuple[datetime, datetime]:
    """The next closing and the opening after it (UTC): between the two nobody is in.

    A break within a day is no closing. Where the hours are closed now, nobody is in from `now` on;
    a list for the opening then looks at the day that begins next.
    """
    around = spans(hours, now - LOOK_BACK, now + LOOK_AHEAD)
    ahead = [span for span in around if span[1] > now]
    if not ahead:
        return now, now + LOOK_AHEAD
    if ahead[0][0] > now and kind is not LetterKind.OPENING:
        return now, ahead[0][0]
    for (_, closes), (opens, then_closes) in pairwise(ahead):
        if closes.astimezone(hours.tzinfo).date() != then_closes.astimezone(hours.tzinfo).date():
            return closes, opens
    return ahead[-1][1], now + LOOK_AHEAD
