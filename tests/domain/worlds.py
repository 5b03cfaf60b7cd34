"""A small policy and a ticket to act on, for tests of the core. Times are London in winter (UTC)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tierline.domain.advance import advance_to
from tierline.domain.calendar import Calendar
from tierline.domain.commands import Asker, Command, Open, Rejected
from tierline.domain.decide import decide, decide_open
from tierline.domain.events import Actor, Event
from tierline.domain.floor import Floor
from tierline.domain.policy import (
    Agreement,
    Duration,
    Group,
    HoldRules,
    ModeRules,
    Path,
    PlanRules,
    Policy,
    PriorityRules,
    Rule,
    RuleAction,
    Sla,
    Step,
)
from tierline.domain.terms import (
    ClockName,
    HoldReason,
    Mode,
    Priority,
    PriorityChange,
    ReopenRule,
    Role,
    TicketType,
)
from tierline.domain.ticket import Requester, Ticket

P1, P2, P3, P4 = Priority.P1, Priority.P2, Priority.P3, Priority.P4
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

ALWAYS = Calendar.always()
OFFICE = Calendar.build(
    "Europe/London", {day: ["08:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
)


def at(text: str) -> datetime:
    """`2026-11-23 09:00` as a UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MONDAY = at("2026-11-23 09:00")


def minutes(count: float) -> Duration:
    return Duration(seconds=round(count * 60))


def example_policy(
    *,
    mode: Mode = Mode.ACT,
    priority_change: PriorityChange = PriorityChange.KEEP_CONSUMED,
    reopen: ReopenRule = ReopenRule.CONTINUE,
) -> Policy:
    """Triage, T1 (30 min), T2 (60 min), T3 and management, on office hours but for P1 and P2."""
    groups = [
        Group("Triage", "triage", OFFICE, lead="priya", room="dispatch"),
        Group("Desk", "T1", OFFICE, lead="priya", room="desk", members=("sam", "kim")),
        Group("Voice", "T1", OFFICE, lead="priya", room="desk", skills=("voip",)),
        Group("Network", "T2", OFFICE, lead="tom", room="network", skills=("firewall",)),
        Group("Infra", "T3", OFFICE, lead="ana", room="infra"),
        Group("Board", "management", OFFICE, lead="mia"),
    ]
    sla = Sla(
        name="gold",
        cover={P1: ALWAYS, P2: ALWAYS, P3: OFFICE, P4: OFFICE},
        targets={
            P1: targets(respond=15, plan=30, resolve=240, update=30),
            P2: targets(respond=30, plan=60, resolve=480, update=120),
            P3: targets(respond=120, plan=240, resolve=1200),
            P4: targets(respond=240, resolve=3000),
        },
        requests=targets(respond=240, fulfil=1800),
        on_hold={
            HoldReason.CLIENT: frozenset({ClockName.RESOLVE, ClockName.PLAN, ClockName.UPDATE}),
            HoldReason.SCHEDULED: frozenset({ClockName.RESOLVE, ClockName.PLAN}),
            HoldReason.APPROVAL: frozenset({ClockName.RESOLVE, ClockName.PLAN}),
            HoldReason.VENDOR: frozenset(),
        },
        priority_change=priority_change,
        reopen=reopen,
    )
    path = Path(
        "standard",
        (
            Step("triage", limit=minutes(15), unclaimed=minutes(5)),
            Step("T1", limit=minutes(30), unclaimed=minutes(15), silent=minutes(20)),
            Step("T2", limit=minutes(60), unclaimed=minutes(15)),
            Step("T3", limit=minutes(120)),
            Step("management"),
        ),
    )
    rules = (
        Rule(
            "Firewalls are for T2",
            lambda facts: facts.get("device", {}).get("type") == "firewall",
            RuleAction(category="firewall", start="T2"),
        ),
        Rule("Everything else", lambda _: True, RuleAction(start="T1")),
    )
    return Policy(
        version="test-1",
        tiers=("triage", "T1", "T2", "T3", "vendor", "management"),
        groups={group.name: group for group in groups},
        slas={"gold": sla},
        agreements={"managed": Agreement("managed", "gold", "standard")},
        paths={"standard": path},
        priority=PriorityRules(
            matrix={1: (P1, P2, P3), 2: (P2, P3, P3), 3: (P3, P3, P4)}, impact={}
        ),
        triage=rules,
        plans=PlanRules(
            {
                P1: minutes(60),
                P2: minutes(240),
                P3: Duration(business_days=2),
                P4: Duration(business_days=2),
            }
        ),
        holds=HoldRules(),
        calendars={calendar.hash: calendar for calendar in (ALWAYS, OFFICE)},
        mode=ModeRules(default=mode),
        people={"service manager": "mia", "account manager": "lou"},
        default_agreement="managed",
    )


def targets(**in_minutes: int) -> dict[ClockName, Duration]:
    return {ClockName(name): minutes(count) for name, count in in_minutes.items()}


def person(login: str, role: Role = Role.TECHNICIAN) -> Asker:
    return Asker(Actor("person", login), role)


SAM, KIM, TOM = person("sam"), person("kim"), person("tom", Role.LEAD)
MONITOR = Asker(Actor("integration", "monitor"))


@dataclass
class Story:
    """One ticket and a wall clock that only the test moves."""

    policy: Policy = field(default_factory=example_policy)
    now: datetime = MONDAY
    ticket: Ticket | None = None
    events: list[Event] = field(default_factory=list)
    rejected: Rejected | None = None

    @property
    def floor(self) -> Floor:
        return Floor(self.now)

    def open(self, **stated: object) -> "Story":
        command = Open(
            id=1001,
            type=TicketType.ALERT,
            title="Switch is down",
            client="Contoso",
            agreement="managed",
            accepted_at=self.now,
            facts={"severity": "error"},
            alert="1",
            requester=Requester("Jo", "jo@contoso.example"),
        )
        command = replace(command, **stated)  # type: ignore[arg-type]
        done = decide_open(command, MONITOR, self.policy, self.floor, self.now, cause="alert:1")
        self.ticket, self.events = done.ticket, list(done.events)
        return self

    def do(self, command: Command, asker: Asker = SAM) -> "Story":
        """Give a command; a refusal is kept in `rejected`."""
        assert self.ticket is not None
        done = decide(self.ticket, command, asker, self.policy, self.floor, self.now, cause="c")
        self.ticket, self.rejected = done.ticket, done.rejected
        self.events += done.events
        return self

    def ok(self, command: Command, asker: Asker = SAM) -> "Story":
        """Give a command that must be accepted."""
        self.do(command, asker)
        assert self.rejected is None, self.rejected
        return self

    def refused(self, command: Command, asker: Asker = SAM) -> str:
        """Give a command that must be refused; returns the code."""
        self.do(command, asker)
        assert self.rejected is not None, "it was accepted"
        return self.rejected.code

    def wait(self, span: timedelta) -> "Story":
        return self.until(self.now + span)

    def until(self, instant: datetime) -> "Story":
        """Let time pass in one go: what a timer that wakes only now would see."""
        assert self.ticket is not None
        self.now = instant
        self.ticket, new = advance_to(self.ticket, self.policy, self.floor, self.now)
        self.events += new
        return self

    def names(self, since: int = 0) -> list[str]:
        return [type(event.what).__name__ for event in self.events[since:]]

    def last(self, kind: type) -> Event:
        return next(e for e in reversed(self.events) if isinstance(e.what, kind))

    def all(self, kind: type) -> list[Event]:
        return [e for e in self.events if isinstance(e.what, kind)]

    def due(self, name: str) -> datetime | None:
        assert self.ticket is not None
        return self.ticket.clocks[ClockName(name)].due


def types(events: Iterable[Event]) -> list[str]:
    return [type(event.what).__name__ for event in events]
