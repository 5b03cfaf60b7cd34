"""A compiled policy: immutable, content-hashed, everything a decision may look up.

The YAML that people write is read, checked and compiled in `tierline.policy`; here stands only what
the core needs. Durations are seconds; calendars are resolved; names are unique.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tierline.domain.business_time import mean_open_per_weekday
from tierline.domain.calendar import Calendar
from tierline.domain.clock import Terms
from tierline.domain.conditions import Condition
from tierline.domain.hand_over_rules import HandOverRules
from tierline.domain.letters.rules import LetterRules
from tierline.domain.management import RcaRule, Trigger
from tierline.domain.retention_rules import RetentionRules
from tierline.domain.storm_rules import StormRules
from tierline.domain.survey_rules import SurveyRules
from tierline.domain.terms import (
    Assign,
    ClockName,
    ClocksStart,
    HoldReason,
    Mode,
    OverBudget,
    Priority,
    PriorityChange,
    Reach,
    ReceiverFull,
    ReopenRule,
    TicketType,
)
from tierline.domain.training.sessions import Sessions

DEFAULT_THRESHOLDS: tuple[float, ...] = (0.5, 0.75, 0.9, 1.0)
"""Fractions of a client clock's target at which something is said."""

TIER_THRESHOLDS: tuple[float, ...] = (0.5, 0.75, 1.0)
"""Half: the lead of an unclaimed ticket is told. 75 %: owner and next group. 100 %: lapse."""

LIMIT_ONLY: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class Duration:
    """A target as written: plain seconds, or business days (`2bd`) of whatever calendar applies."""

    seconds: int = 0
    business_days: float = 0.0

    def on(self, calendar: Calendar) -> int:
        """Seconds of this target on `calendar`; N business days = N x its mean opening weekday."""
        if not self.business_days:
            return self.seconds
        day = mean_open_per_weekday(calendar)
        return round(self.business_days * day / timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class Group:
    """A support group of one tier; its hours are when somebody is there.

    `capacity` is how many open tickets it may hold, for each member where `capacity_each`; `cost`
    is what an hour of it costs, in minor units of the provider's currency. None: not said.
    `assign`: whether its people claim, or are offered its tickets, and then whom first.
    """

    name: str
    tier: str
    hours: Calendar
    lead: str = ""
    room: str = ""
    skills: tuple[str, ...] = ()
    on_call: str = ""
    of: str = ""
    members: tuple[str, ...] = ()
    capacity: int | None = None
    capacity_each: bool = False
    cost: int | None = None
    assign: Assign = Assign.CLAIM


@dataclass(frozen=True, slots=True)
class Sla:
    """What is promised, by priority, on which cover, and what pauses it.

    `confirm`: how long the client has to confirm; `confirm_reminders`: how often they are reminded
    within it, evenly spread.
    """

    name: str
    cover: Mapping[Priority, Calendar]
    targets: Mapping[Priority, Mapping[ClockName, Duration]]
    requests: Mapping[ClockName, Duration]
    on_hold: Mapping[HoldReason, frozenset[ClockName]]
    thresholds: tuple[float, ...] = DEFAULT_THRESHOLDS
    priority_change: PriorityChange = PriorityChange.KEEP_CONSUMED
    reopen: ReopenRule = ReopenRule.CONTINUE
    confirm: Duration = field(default_factory=lambda: Duration(business_days=3))
    confirm_reminders: int = 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a client bought: an SLA and the path its tickets take.

    `first`: the group or tier that looks first, or `{client.it}`, the client's own group; empty:
    triage decides. `covers`: kinds of devices, and services; empty: all. `not_covered`, and by
    priority `after_hours`: what an hour beyond it is offered for, in minor units.
    """

    name: str
    sla: str
    path: str
    first: str = ""
    our_clocks_start: ClocksStart = ClocksStart.ON_CREATION
    covers: tuple[str, ...] = ()
    not_covered: int | None = None
    after_hours: Mapping[Priority, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClientRules:
    """What is otherwise for one client: its own version of agreements, by name; whom it tells."""

    agreements: Mapping[str, str] = field(default_factory=dict)
    tell: Mapping[str, Mapping[str, Reach]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One tier on a path. `limit`, `unclaimed`, `silent`: seconds of the group's staffed hours.

    `assist`: the fraction of the limit at which the group's lead joins a claimed ticket.
    `over_budget`: what to do where the limit is longer than the client's promise leaves.
    `receiver_full`: what an unclaimed ticket does where this tier has no room for it.
    `expect`: how long a stay is expected to take; said when it passes, and moves nothing.
    `chase`: how long a vendor may be silent, on the client's cover; None: as for holds.
    `when`: the tickets that come to it on their way; all others pass it by. None: all come.
    """

    tier: str
    limit: Duration | None = None
    unclaimed: Duration | None = None
    silent: Duration | None = None
    by_hand: bool = False
    assist: float | None = None
    over_budget: OverBudget = OverBudget.SAY
    receiver_full: ReceiverFull = ReceiverFull.LEAD_DECIDES
    expect: Duration | None = None
    chase: Duration | None = None
    when: Condition | None = None


def rank(tiers: tuple[str, ...], tier: str) -> int:
    """Where `tier` stands in the policy's order `tiers`; below all of them if it is not there."""
    return tiers.index(tier) if tier in tiers else -1


@dataclass(frozen=True, slots=True)
class Path:
    """The ordered steps a ticket takes; the last one is where a lapse cannot go further."""

    name: str
    steps: tuple[Step, ...]

    def step_at(self, tier: str) -> Step | None:
        """The step of `tier`, or None where the path does not visit it."""
        for step in self.steps:
            if step.tier == tier:
                return step
        return None

    def step_after(self, tier: str, tiers: tuple[str, ...]) -> Step | None:
        """The next step that time may take a ticket to from `tier`; None at the end of the path.

        From a tier the path does not visit (moved there by hand), the next is the first step of a
        higher tier in the policy's order `tiers`.
        """
        here = rank(tiers, tier)
        for step in self.steps:
            if rank(tiers, step.tier) > here and not step.by_hand:
                return step
        return None


@dataclass(frozen=True, slots=True)
class PlanRules:
    """Limits on a plan to resolution."""

    horizon: Mapping[Priority, Duration]
    slip_grace: timedelta = timedelta(minutes=15)
    revisions: int = 2


@dataclass(frozen=True, slots=True)
class PagingRules:
    """Who is woken for a ticket in the queue of a group that is closed.

    `priorities`: for which ones somebody is paged; the others wait for opening. One rung of the
    ladder each `every`; after `rounds` rounds without an answer nobody is paged any more.
    """

    priorities: frozenset[Priority] = frozenset()
    every: timedelta = timedelta(minutes=5)
    rounds: int = 3


@dataclass(frozen=True, slots=True)
class RecoveryRules:
    """What a recovery and a repeated alert do, and how long people may reopen what is closed.

    `third_time`: whether an alert that comes back for the second time is taken for a problem.
    """

    quiet: timedelta = timedelta(minutes=10)
    reopen_within: timedelta = timedelta(hours=24)
    people_within: timedelta = timedelta(days=7)
    third_time: bool = False


@dataclass(frozen=True, slots=True)
class HoldRules:
    """Chases of a hold: every `chase` on the cover; after `close_after` unanswered ones, closed."""

    chase: Duration = field(default_factory=lambda: Duration(business_days=1))
    close_after: int = 3


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """How long an approver has to answer, on the cover."""

    within: Duration = field(default_factory=lambda: Duration(business_days=2))


@dataclass(frozen=True, slots=True)
class PriorityRules:
    """Impact x urgency. `matrix[impact][urgency - 1]`, impact and urgency from 1 (worst) to 3."""

    matrix: Mapping[int, tuple[Priority, Priority, Priority]]
    impact: Mapping[str, int]
    vip_never_above: Priority = Priority.P2

    def of(self, impact: int, urgency: int, *, vip: bool = False) -> Priority:
        """The priority of `impact` and `urgency`; VIP adds one urgency, never above its ceiling."""
        plain = self.matrix[impact][urgency - 1]
        if not vip or urgency == 1:
            return plain
        raised = self.matrix[impact][urgency - 2]
        return raised if raised >= self.vip_never_above else min(plain, self.vip_never_above)


@dataclass(frozen=True, slots=True)
class RuleAction:
    """What a triage rule sets. `start` names a tier or a group; `go_on`: later rules may add.

    `delay`: an alert's ticket is let into its queue so much later, unless it recovers first.
    `restrict`: the group that alone may see it.
    """

    category: str | None = None
    start: str | None = None
    priority: Priority | None = None
    path: str | None = None
    problem_key: str | None = None
    go_on: bool = False
    delay: timedelta | None = None
    restrict: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One triage rule. `matches` is a pure predicate over the alert's facts."""

    name: str
    matches: Callable[[Mapping[str, Any]], bool]
    do: RuleAction


@dataclass(frozen=True, slots=True)
class ModeRules:
    """The most specific of path, client, agreement, default."""

    default: Mode = Mode.WATCH
    agreements: Mapping[str, Mode] = field(default_factory=dict)
    clients: Mapping[str, Mode] = field(default_factory=dict)
    paths: Mapping[str, Mode] = field(default_factory=dict)

    def of(self, *, path: str, client: str, agreement: str) -> Mode:
        """The mode that holds for a ticket on `path` of `client` under `agreement`."""
        for rules, name in (
            (self.paths, path),
            (self.clients, client),
            (self.agreements, agreement),
        ):
            if name in rules:
                return rules[name]
        return self.default


@dataclass(frozen=True, slots=True)
class Policy:
    """One immutable version of the rules. `version` is the content hash of what people wrote.

    `calendars` maps a calendar's hash to the calendar: those of this version and every one that a
    running clock pinned earlier, so that old promises can always be reckoned. `found_terms`,
    `found_limits` and `found_groups` keep what follows from this version, so that it is put
    together once and not for each ticket: what the clients' clocks pin, at most one entry an SLA,
    type and priority; what the internal ones pin, one a group and limit; groups of a tier. `hours`
    have a name. `counted`: windows over which rules count alerts. `storm`: None, never gathered.
    """

    version: str
    tiers: tuple[str, ...]
    groups: Mapping[str, Group]
    slas: Mapping[str, Sla]
    agreements: Mapping[str, Agreement]
    paths: Mapping[str, Path]
    priority: PriorityRules
    triage: tuple[Rule, ...]
    plans: PlanRules
    calendars: Mapping[str, Calendar]
    recovery: RecoveryRules = field(default_factory=RecoveryRules)
    holds: HoldRules = field(default_factory=HoldRules)
    approvals: ApprovalRules = field(default_factory=ApprovalRules)
    currency: str = ""
    survey: SurveyRules = field(default_factory=SurveyRules)
    hand_over: HandOverRules = field(default_factory=HandOverRules)
    paging: PagingRules = field(default_factory=PagingRules)
    storm: StormRules | None = field(default_factory=StormRules)
    letters: LetterRules = field(default_factory=LetterRules)
    training: Mapping[str, Sessions] = field(default_factory=dict)
    retention: RetentionRules = field(default_factory=RetentionRules)
    mode: ModeRules = field(default_factory=ModeRules)
    tell: Mapping[str, Mapping[str, Reach]] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    management: tuple[Trigger, ...] = ()
    rca: RcaRule | None = None
    default_agreement: str = ""
    unsorted_start: str = ""
    clients: Mapping[str, ClientRules] = field(default_factory=dict)
    hours: Mapping[str, Calendar] = field(default_factory=dict)
    counted: Mapping[str, timedelta] = field(default_factory=dict)
    found_terms: dict[tuple[str, TicketType, Priority], Mapping[ClockName, Terms]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    found_limits: dict[tuple[str, int, float, tuple[float, ...]], Terms] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    found_groups: dict[str, tuple[Group, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def groups_of(self, tier: str) -> tuple[Group, ...]:
        """The groups of `tier`, in the order the policy lists them."""
        found = self.found_groups.get(tier)
        if found is None:
            found = tuple(group for group in self.groups.values() if group.tier == tier)
            if found:
                self.found_groups[tier] = found
        return found

    def agreement(self, name: str) -> Agreement:
        """The agreement called `name`, else the default one."""
        return self.agreements.get(name) or self.agreements[self.default_agreement]

    @property
    def offered(self) -> list[str]:
        """The names of the agreements that a client may buy: those that are nobody's own."""
        own = {name for rules in self.clients.values() for name in rules.agreements.values()}
        return [name for name in self.agreements if name not in own]

    def agreement_of(self, client: str, name: str) -> Agreement:
        """The agreement called `name` (else the default one) as `client` has it."""
        plain = self.agreement(name)
        rules = self.clients.get(client)
        own = rules.agreements.get(plain.name) if rules else None
        return plain if own is None else self.agreements[own]

    def told(self, client: str, occasion: str) -> Mapping[str, Reach] | None:
        """Who hears of an occasion with a ticket of `client`; None: what is told by default."""
        rules = self.clients.get(client)
        own = rules.tell.get(occasion) if rules else None
        return self.tell.get(occasion) if own is None else own
