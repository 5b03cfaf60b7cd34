"""What an event is an occasion to tell of: none, one or several of those that `tell` knows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tierline.domain.audience import CLIENT_CLOSED, SURVEY
from tierline.domain.events import (
    AlertAttached,
    ApprovalAnswered,
    AssistCalled,
    Breached,
    Closed,
    Escalated,
    EscalationProposed,
    Event,
    Held,
    Lapsed,
    Moved,
    Noted,
    PacketGiven,
    Paged,
    PagingEnded,
    Planned,
    PlanRefused,
    PlanSlipped,
    Prioritised,
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
    Transferred,
    Warned,
)
from tierline.domain.policy import Policy
from tierline.domain.serving import step_after
from tierline.domain.snapshot import Snapshot
from tierline.domain.terms import Answer, ClockName, HoldReason, Score

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


def _routed(what: Routed, _seen: Seen) -> Occasions:
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
        if step_after(policy, path, ticket.tier, ticket.client) is None:
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
    if not what.collapsed:
        yield what.choice or "proposed"


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
}


def _reviewed(what: Reviewed, seen: Seen) -> Occasions:
    if what.kind == "chase":
        yield "chase" if seen.ticket.held_for == HoldReason.CLIENT else "chase inside"
        if seen.ticket.approver_email:
            yield "approval reminder"
    else:
        yield _OF_A_REVIEW.get(what.kind, "review")


def _noted(what: Noted, _seen: Seen) -> Occasions:
    if what.to_client:
        yield "client note"


def _prioritised(what: Prioritised, _seen: Seen) -> Occasions:
    yield "lowered late" if what.told_lead else "reprioritised"


def _resolved(what: Resolved, _seen: Seen) -> Occasions:
    yield "resolved"
    if not what.self_healed:
        yield "please confirm"


def _reopened(_what: Reopened, seen: Seen) -> Occasions:
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


_OCCASIONS: Mapping[type, Callable[[Any, Seen], Occasions]] = {
    Routed: _routed,
    AlertAttached: _attached,
    Recovered: _recovered,
    Warned: _warned,
    Breached: _breached,
    Lapsed: _lapsed,
    Escalated: _moved,
    Returned: _moved,
    Transferred: _moved,
    EscalationProposed: _proposed,
    ProposalDeclined: _always("declined"),
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
    Resolved: _resolved,
    Reopened: _reopened,
    Closed: _closed,
    SurveyAnswered: _surveyed,
    Retyped: _always("retyped"),
}
"""What is not here concerns nobody who did not do it."""
