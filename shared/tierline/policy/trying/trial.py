"""Tries the tests of a policy: opens a ticket, lets time pass with nobody there, and compares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tierline.domain.advance import advance_to
from tierline.domain.calendar import CalendarError, check_zone
from tierline.domain.commands import Asker, Open
from tierline.domain.decide import decide_open
from tierline.domain.events import Actor, Escalated, EscalationProposed, Event, Lapsed, Paged
from tierline.domain.floor import Floor
from tierline.domain.rota.rotas import Rotas
from tierline.domain.terms import ClockName, Priority, TicketType
from tierline.domain.ticket import Ticket
from tierline.policy.folder import LoadedPolicy
from tierline.policy.matchers import fact_path
from tierline.policy.records_absences import absences_of
from tierline.policy.trying.grammar import CLOCKS, NOBODY
from tierline.policy.trying.moments import moment, shown

LOOKED_AHEAD: Final = timedelta(days=14)
"""How long nobody does anything: what has not happened by then is said not to happen."""

_ASKER = Asker(Actor("integration", "a test"))


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one test. `wrong`: each thing that was not as expected, in words."""

    name: str
    at: datetime
    wrong: tuple[str, ...]


def try_all(loaded: LoadedPolicy, start: datetime) -> tuple[Trial, ...]:
    """Try every test of a folder.

    Args:
        loaded: the folder; its records say who is on call, and what is known of clients and hosts.
        start: the instant (UTC) after which the coming week begins.
    """
    records = loaded.records
    names = {person.name: person.name for person in records.people}
    schedules = {schedule.name: schedule for schedule in records.schedules}
    rotas = Rotas(schedules, tuple(absences_of(records)), names)
    return tuple(_try(loaded, rotas, test, start) for test in loaded.tests)


def _try(loaded: LoadedPolicy, rotas: Rotas, test: Mapping[str, Any], start: datetime) -> Trial:
    zone = _zone(loaded, test)
    if zone is None:
        return Trial(test["name"], start, (f"zone: {test['zone']} is no time zone",))
    at = moment(test["at"], start, zone)
    floor = Floor(at, {}, rotas.on_call)
    made = decide_open(_opening(loaded, test["alert"], at), _ASKER, loaded.policy, floor, at)
    _, later = advance_to(made.ticket, loaded.policy, floor, at + LOOKED_AHEAD)
    came = _Came(made.ticket, (*made.events, *later), zone)
    return Trial(test["name"], at, tuple(_wrong(test["expect"], came, at)))


def _zone(loaded: LoadedPolicy, test: Mapping[str, Any]) -> ZoneInfo | None:
    if "zone" in test:
        try:
            check_zone(test["zone"])
        except CalendarError:
            return None
        return ZoneInfo(test["zone"])
    hours = loaded.document.get("hours", {}).values()
    return ZoneInfo(next((it["zone"] for it in hours if isinstance(it, dict)), "UTC"))


def _opening(loaded: LoadedPolicy, alert: Mapping[str, Any], at: datetime) -> Open:
    facts = _facts(loaded, alert)
    client = str(facts.get("client", ""))
    bought = {it.name: it.agreement for it in loaded.records.clients}
    modes = {it.name: it.mode for it in loaded.records.clients}
    return Open(
        id=1,
        type=TicketType(facts.get("type", TicketType.ALERT)),
        title=str(facts.get("title", "a test")),
        client=client,
        agreement=bought.get(client, ""),
        accepted_at=at,
        facts=facts,
        site=str(facts.get("site", "")),
        host=str(facts.get("host", "")),
        service=str(facts.get("service", "")),
        category=str(facts.get("category", "")),
        source=str(facts.get("source", "")),
        vip=facts.get("vip") is True,
        priority=Priority(facts["priority"]) if "priority" in facts else None,
        mode=modes.get(client),
        alert="1",
    )


def _facts(loaded: LoadedPolicy, alert: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an alert, with what the records say of its host."""
    found: dict[str, Any] = {"type": TicketType.ALERT.value, "labels": {}}
    for device in loaded.records.devices:
        if (device.client, device.name) == (alert.get("client"), alert.get("host")):
            found["device"] = {"type": device.type, "criticality": device.criticality}
            found["site"] = device.site
    for name, value in alert.items():
        head, *rest = fact_path(name) or (name,)
        if rest:
            found[head] = {**found.get(head, {}), rest[0]: value}
        else:
            found[head] = value
    return found


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of it: the ticket as it was opened, and all that happened with nobody there."""

    ticket: Ticket
    events: Sequence[Event]
    zone: ZoneInfo

    def paged(self) -> str:
        """Who was woken first, before it went elsewhere."""
        for event in self.events:
            if isinstance(event.what, Paged):
                return event.what.page.to
            if isinstance(event.what, Escalated):
                break
        return NOBODY

    def lapsed(self) -> datetime | None:
        """When the limit of a tier was first reached."""
        tier = ClockName.TIER
        found = (e.at for e in self.events if isinstance(e.what, Lapsed) and e.what.clock is tier)
        return next(found, None)

    def next(self) -> str:
        """Where time took it, or proposed to."""
        moves = (e.what for e in self.events if isinstance(e.what, Escalated | EscalationProposed))
        return next((what.to_group for what in moves), NOBODY)


def _wrong(expected: Mapping[str, Any], came: _Came, at: datetime) -> Iterator[str]:
    ticket = came.ticket
    found = {
        "start": ticket.group,
        "category": ticket.category or "nothing",
        "priority": ticket.priority.value,
        "path": ticket.path,
        "mode": ticket.mode.value,
        "restricted": ticket.restricted or NOBODY,
        "paged": came.paged(),
        "next": came.next(),
    }
    for name, value in found.items():
        wanted = expected.get(name)
        fits = wanted in {value, ticket.tier} if name == "start" else wanted == value
        if wanted is not None and not fits:
            yield f"{name}: {wanted} was expected, and it is {value}"
    dues = {name: _due(ticket, name) for name in CLOCKS} | {"lapses": came.lapsed()}
    for name, due in dues.items():
        if name in expected:
            wanted_at = moment(expected[name], at, came.zone)
            if due is None or due.replace(second=0, microsecond=0) != wanted_at:
                shown_due = "never" if due is None else shown(due, came.zone)
                wanted_text = shown(wanted_at, came.zone)
                yield f"{name}: {wanted_text} was expected, and it is {shown_due}"


def _due(ticket: Ticket, name: str) -> datetime | None:
    clock = ticket.clocks.get(ClockName(name))
    return None if clock is None else clock.due
