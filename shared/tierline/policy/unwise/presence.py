"""When somebody of a group is there, and when somebody can be woken for it, as stretches."""

from datetime import datetime

from tierline.domain.audience import DUTY_MANAGER, SERVICE_MANAGER
from tierline.domain.calendar import Calendar
from tierline.domain.instants import to_us
from tierline.domain.open_hours import open_hours
from tierline.domain.policy import Group
from tierline.domain.rota import RotaError, Schedule, gaps
from tierline.domain.windows import Span, merged
from tierline.policy.calendars import Calendars
from tierline.policy.errors import Problems
from tierline.policy.folder import LoadedPolicy
from tierline.policy.records_absences import absences_of
from tierline.policy.unwise.people import left, members_of
from tierline.policy.unwise.spans import common, union, without


class Presence:
    """Who is there between two instants.

    Args:
        loaded: the folder.
        start: the first instant (UTC).
        end: the instant after the last.
    """

    def __init__(self, loaded: LoadedPolicy, start: datetime, end: datetime) -> None:
        self.window: Span = (to_us(start), to_us(end))
        self._loaded = loaded
        self._start, self._end = start, end
        self._people = {str(it["name"]): it for it in loaded.records.documents.get("people", ())}
        self._gone = left(loaded)
        self._absences = tuple(absences_of(loaded.records))
        self._schedules = {it.name: it for it in loaded.records.schedules}
        self._hours = Calendars({"hours": loaded.document.get("hours", {})}, Problems())
        self._kept: dict[tuple[str, str], list[Span]] = {}

    def open(self, calendar: Calendar) -> list[Span]:
        """When a calendar is open."""
        kept = ("calendar", calendar.hash)
        if kept not in self._kept:
            spans = merged(open_hours(calendar).spans(*self.window))
            self._kept[kept] = common(self.window, [spans])
        return self._kept[kept]

    def person(self, name: str) -> list[Span]:
        """When somebody is not away; never, for nobody and for those who have left."""
        if not name or name in self._gone:
            return []
        kept = ("person", name)
        if kept not in self._kept:
            away = merged(it.span for it in self._absences if it.person == name)
            self._kept[kept] = without([self.window], away)
        return self._kept[kept]

    def staffed(self, group: Group) -> list[Span]:
        """When a group is open and one of its people is there; of one without people, when open."""
        kept = ("group", group.name)
        if kept not in self._kept:
            members = members_of(self._loaded, group.name)
            there = [self._at_work(name) for name in members] or [[self.window]]
            self._kept[kept] = common(self.window, [self.open(group.hours), union(there)])
        return self._kept[kept]

    def on_call(self, schedule: str) -> list[Span]:
        """When somebody is on call by a schedule; never, where there is none of that name."""
        found = self._schedules.get(schedule)
        if found is None:
            return []
        kept = ("schedule", schedule)
        if kept not in self._kept:
            self._kept[kept] = without([self.window], self._gaps(found))
        return self._kept[kept]

    def ladder(self, group: Group) -> list[Span]:
        """When somebody can be woken for a group: on call, its lead, a manager."""
        people = self._loaded.policy.people
        return union(
            [
                self.on_call(group.on_call),
                self.person(group.lead),
                self.on_call(DUTY_MANAGER),
                self.person(people.get(DUTY_MANAGER, "")),
                self.person(people.get(SERVICE_MANAGER, "")),
            ]
        )

    def _at_work(self, name: str) -> list[Span]:
        shifts = self._people.get(name, {}).get("shifts")
        if shifts is None:
            return self.person(name)
        hours = self._hours.of(shifts, ("people", name, "shifts"))
        return common(self.window, [self.person(name), self.open(hours)])

    def _gaps(self, schedule: Schedule) -> list[Span]:
        try:
            found = gaps(schedule, self._start, self._end, self._absences)
        except RotaError:
            return []  # more overrides than an answer looks at: then somebody minds it
        return [(to_us(gap.start), to_us(gap.end)) for gap in found]
