"""Two slow answers to "when is it due?", sharing no code with the product.

Both read calendars in their JSON form. Wall times are resolved by looking for instants that show
them, not by asking the zone which offset a wall time has. `walk` steps through time minute by
minute (second by second where the case needs it); `boundary_walk` cuts time at every edge there is
and asks of each piece whether it counts, so that it also takes microseconds and long stretches.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)
REACH = timedelta(days=2)
WALK_LIMIT = 3_000_000

Span = tuple[datetime, datetime]
Hold = tuple[datetime, datetime | None]


@lru_cache(maxsize=100_000)
def instant_showing(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first instant whose wall time is `wall`; in a gap, `wall` less the offset before it."""
    guess = wall.replace(tzinfo=UTC)
    around = [guess + timedelta(hours=6 * step) for step in range(-8, 9)]
    offsets = {at.astimezone(zone).utcoffset() for at in around}
    shown = [guess - offset for offset in offsets if _shows(zone, guess - offset) == wall]
    if shown:
        return min(shown)
    early, late = guess - REACH, guess + REACH
    while late - early > MINUTE:
        middle = early + (late - early) // MINUTE // 2 * MINUTE
        if _shows(zone, middle) < wall:
            early = middle
        else:
            late = middle
    return guess - early.astimezone(zone).utcoffset()


def _shows(zone: ZoneInfo, at: datetime) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


@dataclass
class Oracle:
    """One calendar, in its JSON form, asked the slow way."""

    calendar: dict

    def __post_init__(self):
        self.zone = ZoneInfo(self.calendar["timezone"])
        self.replaced = {}
        for entry in self.calendar.get("holidays", []):
            closed = isinstance(entry, str)
            self.replaced[entry if closed else entry["date"]] = [] if closed else entry["hours"]
        self._windows = {}

    def windows_of(self, day: date) -> list[Span]:
        """The stretches that start on a local date, those turned around by a gap included."""
        if day not in self._windows:
            hours = self.calendar["hours"].get(DAYS[day.weekday()], [])
            hours = self.replaced.get(day.isoformat(), hours)
            self._windows[day] = [self._stretch(day, text) for text in hours]
        return self._windows[day]

    def _stretch(self, day: date, text: str) -> Span:
        opens, closes = (self._minutes(part) for part in text.split("-"))
        if closes <= opens:
            closes += 24 * 60
        midnight = datetime.combine(day, time())
        return tuple(instant_showing(self.zone, midnight + m * MINUTE) for m in (opens, closes))

    @staticmethod
    def _minutes(text: str) -> int:
        hours, minutes = text.split(":")
        return int(hours) * 60 + int(minutes)

    def near(self, at: datetime) -> list[Span]:
        """The windows of the dates around an instant."""
        day = at.date()
        days = [day + timedelta(days=n) for n in range(-3, 4)]
        return [span for each in days for span in self.windows_of(each)]

    def is_open(self, at: datetime) -> bool:
        return any(opens <= at < closes for opens, closes in self.near(at))

    def walk(self, start: datetime, target: timedelta, holds: list[Hold], step=MINUTE):
        """The due instant by stepping; start, target and holds must be whole steps."""
        at, left = start, target
        for _ in range(WALK_LIMIT):
            if not left:
                return at
            if any(a <= at and b is None for a, b in holds):
                return None
            held = any(a <= at and (b is None or at < b) for a, b in holds)
            if not held and self.is_open(at):
                left -= step
            at += step
        raise AssertionError("the walk is too long")

    def pieces(self, start: datetime, end: datetime, holds: list[Hold]):
        """(piece start, piece end, open, held) from start to end, cut at every edge."""
        edges = {start, end}
        day = start.date() - timedelta(days=3)
        while day <= end.date() + timedelta(days=3):
            edges.update(edge for span in self.windows_of(day) for edge in span)
            day += timedelta(days=1)
        edges.update(edge for hold in holds for edge in hold if edge is not None)
        cuts = sorted(edge for edge in edges if start <= edge <= end)
        for a, b in pairwise(cuts):
            held = any(x <= a and (y is None or b <= y) for x, y in holds)
            yield a, b, self.is_open(a), held

    def boundary_walk(self, start: datetime, target: timedelta, holds: list[Hold]):
        """The due instant by looking at one stretch of constant state after another."""
        if not target:
            return start
        left, at = target, start
        for _ in range(400):
            for a, b, is_open, held in self.pieces(at, at + timedelta(days=14), holds):
                if any(x <= a and y is None for x, y in holds):
                    return None
                if is_open and not held:
                    if b - a >= left:
                        return a + left
                    left -= b - a
            at += timedelta(days=14)
        raise AssertionError("the walk is too long")

    def open_between(self, start: datetime, end: datetime, holds: list[Hold]) -> timedelta:
        pieces = self.pieces(start, end, holds)
        return sum((b - a for a, b, is_open, held in pieces if is_open and not held), timedelta())
