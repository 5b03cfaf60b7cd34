"""A small policy and a ticket to act on, for tests of the core. Times: London in winter (UTC)."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tierline.domain.advance import advance_to, next_due
from tierline.domain.calendar import Calendar
from tierline.domain.clock import Clock
from tierline.domain.commands import Asker, Command, Open, Rejected
from tierline.domain.decide import decide, decide_open
from tierline.domain.events import Actor, Event, Threshold
from tierline.domain.evolve import fold
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
from tierline.domain.snapshot import snapshot
from tierline.domain.tell import Notice, notices_for
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
WORK = frozenset({ClockName.RESOLVE, ClockName.PLAN, ClockName.FULFIL})
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
            HoldReason.CLIENT: WORK | {ClockName.UPDATE},
            HoldReason.SCHEDULED: WORK,
            HoldReason.APPROVAL: WORK,
            HoldReason.CHANGE: WORK,
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


def promising(policy: Policy, cover: Calendar = OFFICE, **in_minutes: int) -> Policy:
    """`policy` with these targets (minutes) and this cover for every priority."""
    sla = replace(
        policy.slas["gold"],
        cover=dict.fromkeys(Priority, cover),
        targets=dict.fromkeys(Priority, targets(**in_minutes)),
    )
    known = {**policy.calendars, cover.hash: cover}
    return replace(policy, slas={"gold": sla}, calendars=known)


def person(login: str, role: Role = Role.TECHNICIAN) -> Asker:
    return Asker(Actor("person", login), role)


SAM, KIM, TOM = person("sam"), person("kim"), person("tom", Role.LEAD)
MIA = person("mia", Role.MANAGER)
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
        return self._checked()

    def call(self, **stated: object) -> "Story":
        """Open an incident that somebody reported by phone: P3, in T1's queue."""
        return self.open(**{"type": TicketType.INCIDENT, "alert": "", **stated})

    def do(self, command: Command, asker: Asker = SAM) -> "Story":
        """Give a command; a refusal is kept in `rejected`."""
        assert self.ticket is not None
        done = decide(self.ticket, command, asker, self.policy, self.floor, self.now, cause="c")
        self.ticket, self.rejected = done.ticket, done.rejected
        self.events += done.events
        return self._checked()

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
        return self._checked()

    def _checked(self) -> "Story":
        """What holds after whatever happens to a ticket."""
        ticket = self.ticket
        assert ticket is not None
        assert fold(self.events) == ticket, "state is a fold over events, nothing else"
        assert [e.seq for e in self.events] == list(range(1, ticket.seq + 1)), "seq is gapless"
        due = next_due(ticket)
        assert (due is not None and due > self.now) if ticket.open else due is None
        return self

    def names(self, since: int = 0) -> list[str]:
        return [type(event.what).__name__ for event in self.events[since:]]

    def last(self, kind: type) -> Event:
        return next(e for e in reversed(self.events) if isinstance(e.what, kind))

    def all(self, kind: type) -> list[Event]:
        return [e for e in self.events if isinstance(e.what, kind)]

    def clock(self, name: str) -> Clock:
        assert self.ticket is not None
        return self.ticket.clocks[ClockName(name)]

    def due(self, name: str) -> datetime | None:
        return self.clock(name).due

    def fired(self, name: str, since: int = 0) -> list[tuple[str, float, str]]:
        """What thresholds of a clock brought: kind of event, fraction, and when (day, time)."""
        return [
            (type(e.what).__name__, e.what.fraction, f"{e.at:%a %H:%M}")
            for e in self.events[since:]
            if isinstance(e.what, Threshold) and e.what.clock == name
        ]

    def when(self, kind: type) -> list[str]:
        """The instants of all events of a kind: day and time."""
        return [f"{e.at:%a %H:%M}" for e in self.all(kind)]

    def told(self, kind: type, *subscriptions: str) -> set[tuple[str, str, str]]:
        """Who hears of the last event of a kind: (recipient, occasion, reach)."""
        return {
            (n.recipient, n.occasion, n.reach.value)
            for n in self.notices(kind, *subscriptions)
            if not n.suppressed
        }

    def notices_of(self, event: Event) -> set[tuple[str, str, str]]:
        """Who hears of `event`: (recipient, occasion, reach)."""
        return {
            (n.recipient, n.occasion, n.reach.value)
            for n in self._judged(event)
            if not n.suppressed
        }

    def notices(self, kind: type, *subscriptions: str) -> list[Notice]:
        """Every notice of the last event of a kind, the deliberately untold included."""
        return self._judged(self.last(kind), *subscriptions)

    def _judged(self, event: Event, *subscriptions: str) -> list[Notice]:
        there = fold(self.events[: event.seq])
        return notices_for(event, snapshot(there), self.policy, subscriptions)
