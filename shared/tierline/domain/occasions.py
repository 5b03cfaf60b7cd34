"""What an event is an occasion to tell of: none, one or several of those that `tell` knows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tierline.domain.assignment import (
    AbsenceNoted,
    ClaimEnded,
    ClaimStands,
    HandedOver,
    NotOffered,
    Offered,
    ShiftEnding,
)
from tierline.domain.audience import CLIENT_CLOSED, SURVEY
from tierline.domain.correction import (
    ActionAdded,
    ActionChased,
    ActionCompleted,
    ActionMoved,
    RcaChased,
    RcaDone,
    RcaRequired,
)
from tierline.domain.events import (
    AlertAttached,
    ApprovalAnswered,
    AssistCalled,
    Breached,
    ChildLeft,
    Closed,
    Entered,
    Escalated,
    EscalationProposed,
    Event,
    Held,
    IncidentLinked,
    Lapsed,
    MajorDeclared,
    MajorJoined,
    MajorLeft,
    Moved,
    Noted,
    PacketGiven,
    Paged,
    PagingEnded,
    Planned,
    PlanRefused,
    PlanSlipped,
    Prioritised,
    ProblemSolved,
    ProposalDeclined,
    Recovered,
    Reopened,
    Resolved,
    Resumed,
    Returned,
    Retyped,
    Reviewed,
    Routed,
    SurveyAnswered,
    TermsMoved,
    Transferred,
    Warned,
    WorkaroundGiven,
)
from tierline.domain.oversight import (
    ActionPlanMissed,
    BriefMissed,
    ComplexityStated,
    ManagementBriefed,
    ManagementCalled,
    Reallocated,
)
from tierline.domain.policy import Policy
from tierline.domain.restriction import Restricted
from tierline.domain.serving import step_after
from tierline.domain.snapshot import Snapshot
from tierline.domain.storm import StormTold
from tierline.domain.terms import Answer, ClockName, HoldReason, Score, State
from tierline.domain.ticket import STORM

URGENT = frozenset({"P1", "P2"})
WARN_FROM = 0.75
"""Below this fraction a warning is recorded and shown, but interrupts nobody."""


class Seen(NamedTuple):
    """An event, the ticket just after it, and the policy that judges who hears of it."""

    event: Event
    ticket: Snapshot
    policy: Policy


Occasions = Iterable[str]


def occasions_of(event: Event, ticket: Snapshot, policy: Policy) -> Occasions:
    """The occasions of `event`, in the order they are judged; none where nobody need hear of it."""
    found = _OCCASIONS.get(type(event.what))
    return () if found is None else found(event.what, Seen(event, ticket, policy))


def _always(*occasions: str) -> Callable[[Any, Seen], Occasions]:
    return lambda _what, _seen: occasions


def _routed(what: Routed | Entered, _seen: Seen) -> Occasions:
    if isinstance(what, Routed) and what.delayed_until is not None:
        return  # nobody is told before it is let in
    yield from ("new in queue", "received")
    if what.budget:
        yield "promise in danger"


def _attached(_what: AlertAttached, seen: Seen) -> Occasions:
    if seen.ticket.touched:
        yield "attached"


def _recovered(what: Recovered, _seen: Seen) -> Occasions:
    if what.quiet_until is None:
        yield "restored"


def _warned(what: Warned, seen: Seen) -> Occasions:
    if what.collapsed:
        return
    if what.clock is ClockName.CONFIRM:
        yield "confirm reminder"
        return
    if what.clock is ClockName.TIER and not seen.ticket.owner:
        yield "unclaimed"
    if what.fraction >= WARN_FROM:
        yield "warned"
        if what.clock is ClockName.TIER:
            yield "next group warned"


def _breached(what: Breached, seen: Seen) -> Occasions:
    if not what.collapsed:
        yield "breach P1-P2" if seen.ticket.priority in URGENT else "breach P3-P4"


def _lapsed(what: Lapsed, seen: Seen) -> Occasions:
    if what.collapsed:
        return
    if what.clock is ClockName.QUEUE:
        yield "unclaimed"
    elif what.clock is ClockName.SILENT:
        yield "silent"
    elif what.clock is ClockName.VENDOR:
        yield "vendor slipped"
    elif what.clock is ClockName.TIER:
        ticket, policy = seen.ticket, seen.policy
        path = policy.paths.get(ticket.path)
        if step_after(policy, path, ticket.tier, ticket) is None:
            yield "end of path"


def _moved(what: Moved, _seen: Seen) -> Occasions:
    if what.collapsed:
        return
    yield from ("arrived", "handed over")
    if isinstance(what, Escalated):
        yield "client escalated"
    if what.budget or what.skipped:
        yield "promise in danger"


def _proposed(what: EscalationProposed, _seen: Seen) -> Occasions:
    if not what.collapsed and what.choice != STORM:  # a storm is told once, not ticket by ticket
        yield what.choice or "proposed"


def _declined(what: ProposalDeclined, _seen: Seen) -> Occasions:
    if not what.gathered:
        yield "declined"


def _planned(what: Planned, seen: Seen) -> Occasions:
    tier = next((c for c in seen.event.clocks if c.name is ClockName.TIER), None)
    if tier is not None and WARN_FROM in tier.fired:
        yield "plan with next group warned"
    if what.client_text:
        yield "client note"


def _slipped(what: PlanSlipped, _seen: Seen) -> Occasions:
    yield "plan slipped" if what.grace_until else "plan over"


def _held(what: Held, _seen: Seen) -> Occasions:
    if what.hold.reason is HoldReason.CLIENT:
        yield "held"
    elif what.approval is not None:
        yield "approval asked"


def _resumed(what: Resumed, seen: Seen) -> Occasions:
    if what.reason is HoldReason.SCHEDULED and seen.event.by.kind == "time":
        yield "scheduled start"


_OF_AN_ANSWER: Mapping[Answer | None, str] = {
    Answer.APPROVED: "approved",
    Answer.REFUSED: "approval refused",
    Answer.UNANSWERED: "approval unanswered",
}


def _answered(what: ApprovalAnswered, _seen: Seen) -> Occasions:
    yield _OF_AN_ANSWER[what.approval.answer]


_OF_A_REVIEW: Mapping[str, str] = {
    "closing": "closing",
    "choice": "choice not made",
    "packet": "packet asked",
    "vendor": "vendor chase",
    "expected": "later than expected",
}


def _reviewed(what: Reviewed, seen: Seen) -> Occasions:
    if what.kind == "chase":
        yield "chase" if seen.ticket.held_for == HoldReason.CLIENT else "chase inside"
        if seen.ticket.approver_email:
            yield "approval reminder"
    elif what.kind != "trigger":
        yield _OF_A_REVIEW.get(what.kind, "review")


def _noted(what: Noted, _seen: Seen) -> Occasions:
    if what.to_client and not what.muted:
        yield "client note"


def _prioritised(what: Prioritised, _seen: Seen) -> Occasions:
    yield "lowered late" if what.told_lead else "reprioritised"


def _resolved(what: Resolved, _seen: Seen) -> Occasions:
    if not what.flowed:  # of a major incident it is told where it happened
        yield "resolved"
    if not what.self_healed:
        yield "please confirm"


def _reopened(what: Reopened, seen: Seen) -> Occasions:
    if what.flowed:
        return
    yield "reopened"
    if seen.ticket.reopened > 1:
        yield "reopened again"


def _closed(what: Closed, seen: Seen) -> Occasions:
    yield "closed"
    if what.survey:
        yield SURVEY
    elif seen.event.by.kind == "time":
        yield CLIENT_CLOSED


def _surveyed(what: SurveyAnswered, _seen: Seen) -> Occasions:
    survey = what.survey
    if survey.contradicts:
        yield "survey contradicts"
    yield "survey bad" if survey.score is Score.BAD else "survey answered"


def _paging_ended(what: PagingEnded, _seen: Seen) -> Occasions:
    if not what.answered:
        yield "nobody answered"


def _left(what: MajorLeft, _seen: Seen) -> Occasions:
    if what.leftover:
        yield "leftover"


def _child_left(what: ChildLeft, _seen: Seen) -> Occasions:
    if what.leftover:
        yield "leftover found"


def _incident_linked(what: IncidentLinked, seen: Seen) -> Occasions:
    if not what.gone and seen.ticket.state in {State.RESOLVED, State.CLOSED}:
        yield "problem came back"


def _brief_missed(what: BriefMissed, _seen: Seen) -> Occasions:
    if not what.collapsed:
        yield "brief missed" if what.missed == 1 else "brief missed again"


def _chased(what: ActionChased | RcaChased, _seen: Seen) -> Occasions:
    if not what.collapsed:
        kind = "action" if isinstance(what, ActionChased) else "rca"
        yield f"{kind} {what.stage}"


def _urgent(occasion: str) -> Callable[[Any, Seen], Occasions]:
    """The occasion, under a name of its own where the ticket is a P1 or a P2."""
    return lambda _what, seen: (f"{occasion} P1-P2" if _pressing(seen) else occasion,)


def _pressing(seen: Seen) -> bool:
    return seen.ticket.priority in URGENT


def _not_offered(what: NotOffered, _seen: Seen) -> Occasions:
    if what.tell_lead:
        yield "nobody to offer"


_OCCASIONS: Mapping[type, Callable[[Any, Seen], Occasions]] = {
    Routed: _routed,
    Entered: _routed,
    AlertAttached: _attached,
    Recovered: _recovered,
    Warned: _warned,
    Breached: _breached,
    Lapsed: _lapsed,
    Escalated: _moved,
    Returned: _moved,
    Transferred: _moved,
    EscalationProposed: _proposed,
    ProposalDeclined: _declined,
    StormTold: _always("storm"),
    Paged: _always("paged"),
    PagingEnded: _paging_ended,
    AssistCalled: _always("assist"),
    PacketGiven: _always("packet given"),
    Planned: _planned,
    PlanRefused: _always("plan refused"),
    PlanSlipped: _slipped,
    Held: _held,
    Resumed: _resumed,
    ApprovalAnswered: _answered,
    Reviewed: _reviewed,
    Noted: _noted,
    Prioritised: _prioritised,
    TermsMoved: _always("terms moved"),
    Resolved: _resolved,
    Reopened: _reopened,
    Closed: _closed,
    MajorDeclared: _always("major incident"),
    MajorJoined: _always("under a major incident"),
    MajorLeft: _left,
    ChildLeft: _child_left,
    IncidentLinked: _incident_linked,
    WorkaroundGiven: _always("workaround"),
    ProblemSolved: _always("problem solved"),
    ManagementCalled: _always("management called"),
    ManagementBriefed: _always("management briefed"),
    BriefMissed: _brief_missed,
    ActionPlanMissed: _always("action plan missed"),
    ComplexityStated: _always("complex"),
    Reallocated: _always("reallocated"),
    Restricted: _always("restricted"),
    ActionAdded: _always("action given"),
    ActionMoved: _always("action moved"),
    ActionCompleted: _always("action over"),
    ActionChased: _chased,
    RcaRequired: _always("rca required"),
    RcaChased: _chased,
    RcaDone: _always("rca done"),
    Offered: _urgent("offered"),
    NotOffered: _not_offered,
    ShiftEnding: _always("claim ending"),
    ClaimEnded: _urgent("claim ended"),
    HandedOver: _always("given"),
    ClaimStands: _always("claim stands"),
    AbsenceNoted: _always("absence noted"),
    SurveyAnswered: _surveyed,
    Retyped: _always("retyped"),
}
"""What is not here concerns nobody who did not do it."""
