"""What the passing of time made of a ticket.

`advance` takes each due instant in order and, at its own instant, what follows from it, to a
fixpoint. It is idempotent: run again with the same `now` it finds nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from tierline.domain import (
    assisting,
    chasing,
    claim_ends,
    delaying,
    expecting,
    managing,
    offering,
    paging,
    storming,
    waiting,
)
from tierline.domain import clock as clocks
from tierline.domain.amend import amended
from tierline.domain.business_time import add, is_open
from tierline.domain.draft import Draft
from tierline.domain.events import (
    TIME,
    Breached,
    Closed,
    Escalated,
    EscalationProposed,
    Event,
    Lapsed,
    PlanSlipped,
    Resumed,
    Reviewed,
    Threshold,
    Warned,
)
from tierline.domain.floor import Floor
from tierline.domain.handlers.approvals import unanswered
from tierline.domain.handlers.vendors import unheard
from tierline.domain.lapsing import (
    CAPACITY,
    SKILL,
    after_tier_lapse,
    choice_unmade,
    move_by_time,
    owed_lapse,
)
from tierline.domain.policy import Policy
from tierline.domain.promises import next_review, sla_of
from tierline.domain.resolving import resolve
from tierline.domain.surveys import is_asked
from tierline.domain.terms import CLIENT_CLOCKS, ClockName, HoldReason, Mode
from tierline.domain.ticket import Ticket
from tierline.domain.unfinished import unfinished

STEPS_MAX = 1_000
"""More due instants than this in a day of policy time means a rule that feeds itself."""

_A_DAY = timedelta(days=1)

_ORDER = {name: position for position, name in enumerate(ClockName)}


class UnsettledTimeError(RuntimeError):
    """`advance` comes to no end within STEPS_MAX steps in a day; the ticket is left as it was."""


class Due(NamedTuple):
    """The next thing time will bring: when (UTC), in what order within an instant, and what."""

    at: datetime
    rank: int
    order: int
    fraction: float
    kind: str


def upcoming(ticket: Ticket) -> Due | None:
    """The earliest due instant of an open ticket; None for a closed one."""
    if not ticket.open:
        return None
    found: list[tuple[datetime, int, int, float, str]] = []
    soonest: datetime | None = None
    for clock in ticket.clocks.values():
        if clock.dues and (threshold := clock.next_threshold()) is not None:
            due, fraction = threshold
            if soonest is None or due <= soonest:
                soonest = due
                found.append((due, 1, _ORDER[clock.name], fraction, clock.name))
    hold, plan = ticket.hold, ticket.plan
    if hold is not None:
        found.append((hold.next_chase, 4, 0, 0.0, "chase"))
        if hold.until is not None:
            found.append((hold.until, 0, 0, 0.0, "hold_until"))
    elif ticket.review_at is not None:
        found.append((ticket.review_at, 4, 0, 0.0, "review"))
    if plan is not None and hold is None:
        found.append((plan.grace_until or plan.promised_at, 2, 0, 0.0, "promise"))
    if ticket.quiet_until is not None:
        found.append((ticket.quiet_until, 3, 0, 0.0, "quiet"))
    elif ticket.delayed_until is not None:
        found.append((ticket.delayed_until, 3, 1, 0.0, "delay"))
    _waiting(ticket, found)
    _overseen(ticket, found)
    return Due._make(min(found)) if found else None


def _overseen(ticket: Ticket, found: list[tuple[datetime, int, int, float, str]]) -> None:
    """Add when management is called or owed a word, and when actions and analyses are chased."""
    if ticket.watch or ticket.attention is not None or ticket.plan_owed is not None:
        found += managing.dues_of(ticket)
    if ticket.actions or ticket.rca is not None:
        found += chasing.dues_of(ticket)


def _waiting(ticket: Ticket, found: list[tuple[datetime, int, int, float, str]]) -> None:
    """Add when somebody is to have answered by: lead, sender, who is paged or asked, owner."""
    if ticket.assist_until is not None:
        found.append((ticket.assist_until, 2, 1, 0.0, "assist"))
    elif ticket.owed_at is not None and _counting(ticket, ClockName.TIER):
        found.append((ticket.owed_at, 2, 2, 0.0, "owed"))
    if ticket.vendor is not None:
        found.append((ticket.vendor.next_chase, 4, 1, 0.0, "vendor chase"))
    if ticket.packet_due is not None:
        found.append((ticket.packet_due, 5, 0, 0.0, "packet"))
    if ticket.page is not None:
        found.append((ticket.page.next_at, 5, 1, 0.0, "page"))
    if ticket.expected_at is not None and (expected := expecting.due_of(ticket)) is not None:
        found.append((expected, 5, 3, 0.0, "expected"))
    if ticket.proposal is not None and ticket.proposal.decide_by is not None:
        found.append((ticket.proposal.decide_by, 5, 2, 0.0, "choice"))
    if ticket.storm is not None:
        found.append((ticket.storm.tell_at, 5, 4, 0.0, "storm"))
    if ticket.claim_end is not None:
        at, kind = claim_ends.due(ticket.claim_end)
        found.append((at, 3, 1, 0.0, kind))
    if ticket.offer is not None and (at_once := ticket.offer.until or ticket.offer.again_at):
        found.append((at_once, 6, 0, 0.0, "offer"))


def _counting(ticket: Ticket, name: ClockName) -> bool:
    clock = ticket.clocks.get(name)
    return clock is not None and clock.running


def next_due(ticket: Ticket) -> datetime | None:
    """When time next matters to the ticket (UTC); None only for a closed one."""
    due = upcoming(ticket)
    return None if due is None else due.at


def advance(ticket: Ticket, policy: Policy, floor: Floor, now: datetime) -> list[Event]:
    """The events that time brings `ticket` up to and including `now`.

    Raises UnsettledTimeError beyond STEPS_MAX steps in a day.
    """
    return advance_to(ticket, policy, floor, now)[1]


def advance_to(
    ticket: Ticket, policy: Policy, floor: Floor, now: datetime
) -> tuple[Ticket, list[Event]]:
    """Like `advance`, with the ticket as it is after those events."""
    due = upcoming(ticket)
    if due is None or due.at > now:
        return ticket, []
    draft = Draft(policy, floor, max(now, ticket.recorded_at), ticket)
    _settle(draft, due)
    return draft.ticket, draft.events


def pass_time(draft: Draft) -> None:
    """Append to `draft` all that time brings up to its `now`; mark what was overtaken at once."""
    _settle(draft, upcoming(draft.ticket))


def _settle(draft: Draft, due: Due | None) -> None:
    """Take one due instant after the other, from `due` on, the first of the draft's ticket."""
    first, steps, day = len(draft.events), 0, draft.now
    while due is not None and due.at <= draft.now:
        if not steps or due.at >= day:  # of each day anew: much may come due in a long outage
            steps, day = 0, due.at + _A_DAY
        steps += 1
        if steps > STEPS_MAX:
            raise UnsettledTimeError(f"ticket {draft.ticket.id}: {STEPS_MAX} due instants a day")
        at = max(due.at, draft.ticket.last_at)
        _STEPS.get(due.kind, _threshold)(draft, due, at)
        due = upcoming(draft.ticket)
    _mark_collapsed(draft.events, first)


def _threshold(draft: Draft, due: Due, at: datetime) -> None:
    clock = draft.ticket.clocks[cast("ClockName", due.kind)]
    late_s = max(0.0, (draft.now - due.at).total_seconds())
    said = (clock.name, clock.cycle, due.fraction, due.at, clock.due or at, late_s)
    what: Warned | Breached | Lapsed
    missing = SKILL if draft.ticket.owner else CAPACITY
    if due.fraction != clocks.FULL:
        what = Warned(*said)
    elif clock.name in CLIENT_CLOCKS:
        what = Breached(*said)
    else:
        put_off = clock.name is ClockName.TIER and assisting.going_on(draft.ticket, at)
        what = Lapsed(*said, cause=missing, put_off=put_off)
    why = draft.why(
        f"{clock.name} clock",
        target_s=clock.target_s,
        fraction=due.fraction,
        pinned_policy=clock.policy,
        calendar=clock.calendar[:12],
        started_at=clock.started_at.isoformat(),
    )
    cause = f"{clock.name}/{clock.cycle}/{due.fraction}"
    changed = [clocks.fire(clock, due.fraction)]
    draft.emit(what, at=at, by=TIME, why=why, cause=cause, changed=changed)
    if isinstance(what, Lapsed):
        _after_lapse(draft, what, at, cause)
    elif clock.name is ClockName.TIER:
        assisting.call(draft, due.fraction, at, cause)


def _after_lapse(draft: Draft, lapse: Lapsed, at: datetime, cause: str) -> None:
    if lapse.clock is ClockName.TIER:
        if not lapse.put_off:
            after_tier_lapse(draft, at, cause)
    elif lapse.clock is ClockName.CONFIRM and _may_close(draft.ticket):
        why = draft.why("confirm lapse", resolved_at=str(draft.ticket.resolved_at))
        asked = is_asked(draft.policy, draft.ticket)
        closed = Closed("nobody answered within the time to confirm", survey=asked)
        draft.emit(closed, at=at, by=TIME, why=why, cause=cause)


def _may_close(ticket: Ticket) -> bool:
    """Whether time may end `ticket` for want of an answer: not over what is still to be done.

    In `watch` no message leaves, so nobody was asked and nobody can have left it unanswered.
    """
    return ticket.mode is not Mode.WATCH and not unfinished(ticket)


def _promise(draft: Draft, _due: Due, at: datetime) -> None:
    """A promise ran out: once a grace to revise, then the plan is over and the ticket moves."""
    ticket, rules = draft.ticket, draft.policy.plans
    plan = ticket.plan
    if plan is None:  # pragma: no cover - `upcoming` offers it only with a plan
        return
    group = draft.policy.groups.get(ticket.group)
    cause = f"plan/{plan.made_at.isoformat()}/{plan.slips}"
    values = {"promised_at": plan.promised_at.isoformat(), "revisions": plan.revisions}
    if plan.slips == 0 and plan.grace_until is None:
        grace = add(group.hours, at, rules.slip_grace) if group else at + rules.slip_grace
        what = PlanSlipped(1, grace)
        draft.emit(what, at=at, by=TIME, why=draft.why("plan slip", **values), cause=cause)
        return
    slips = plan.slips if plan.grace_until is not None else plan.slips + 1
    draft.emit(
        PlanSlipped(slips), at=at, by=TIME, why=draft.why("plan over", **values), cause=cause
    )
    if ticket.under is not None:
        return  # the work is done under a major incident: where that is, is not this plan's to say
    reason = "the plan slipped and was not revised in time"
    move_by_time(draft, at=at, rule="plan slip", reason=reason, cause=cause)


def _quiet(draft: Draft, _due: Due, at: datetime) -> None:
    """Nobody had touched it and it stayed quiet: it healed itself."""
    why = draft.why("recovery of an untouched ticket", restored_at=str(draft.ticket.restored_at))
    resolve(draft, at=at, by=TIME, why=why, resolution="recovered by itself", self_healed=True)


def _hold_until(draft: Draft, due: Due, at: datetime) -> None:
    ticket = draft.ticket
    hold, group = ticket.hold, draft.policy.groups.get(ticket.group)
    if hold is None:  # pragma: no cover - `upcoming` offers it only with a hold
        return
    if ticket.open_approval is not None:
        unanswered(draft, due.at, at)
        return
    draft.emit(
        Resumed(hold.reason, "the time it was held until has come"),
        at=at,
        by=TIME,
        why=draft.why("hold until", until=due.at.isoformat(), reason=hold.reason),
        cause=f"hold/{due.at.isoformat()}",
        review_at=next_review(group, at, unclaimed=not ticket.owner),
    )
    waiting.begin(draft, at, f"hold/{due.at.isoformat()}")


def _chase(draft: Draft, _due: Due, at: datetime) -> None:
    """Remind the one we wait for; a client who left every reminder unanswered is not waited for."""
    ticket, rules = draft.ticket, draft.policy.holds
    hold = ticket.hold
    if hold is None:  # pragma: no cover - `upcoming` offers it only with a hold
        return
    unanswered = hold.reason is HoldReason.CLIENT and hold.chases >= rules.close_after
    leads = ticket.major is not None and ticket.major.children  # nothing is closed over others
    if unanswered and not leads and _may_close(ticket):
        why = draft.why("hold unanswered", of=hold.of, asked=hold.asked, count=hold.chases)
        closed = Closed(f"no answer after {hold.chases} reminders")
        cause = f"chase/{hold.since.isoformat()}/closed"
        draft.emit(closed, at=at, by=TIME, why=why, cause=cause)
        return
    cover = sla_of(draft.policy, ticket.agreement).cover[ticket.priority]
    chase_s = rules.chase.on(cover)
    following = add(cover, at, timedelta(seconds=chase_s)) or at + timedelta(seconds=chase_s)
    count = hold.chases + 1
    why = draft.why("hold chase", reason=hold.reason, of=hold.of, asked=hold.asked, count=count)
    cause = f"chase/{hold.since.isoformat()}/{count}"
    draft.emit(Reviewed("chase", count, following), at=at, by=TIME, why=why, cause=cause)


def _review(draft: Draft, due: Due, at: datetime) -> None:
    ticket = draft.ticket
    group = draft.policy.groups.get(ticket.group)
    closing = False
    if group is not None and ticket.wants_owner:
        just_before = due.at - timedelta(microseconds=1)
        closing = is_open(group.hours, just_before) and not is_open(group.hours, due.at)
    kind = "closing" if closing else "daily"
    why = draft.why(f"review, {kind}", group=ticket.group, state=ticket.state)
    draft.emit(
        Reviewed(kind),
        at=at,
        by=TIME,
        why=why,
        cause=f"review/{due.at.isoformat()}",
        review_at=next_review(group, at, unclaimed=ticket.unclaimed),
    )
    waiting.begin(draft, at, f"review/{due.at.isoformat()}")


def _packet(draft: Draft, _due: Due, at: datetime) -> None:
    """Nobody has said what the next tier needs: the sender is asked for it."""
    ticket = draft.ticket
    why = draft.why("hand-over without a packet", helper=ticket.helper, stay=ticket.stay)
    cause = f"packet/{ticket.stay}"
    draft.emit(Reviewed("packet"), at=at, by=TIME, why=why, cause=cause)


_STEPS: dict[str, Callable[[Draft, Due, datetime], None]] = {
    "promise": _promise,
    "quiet": _quiet,
    "hold_until": _hold_until,
    "chase": _chase,
    "review": _review,
    "assist": lambda draft, _due, at: assisting.end(draft, at),
    "owed": lambda draft, _due, at: owed_lapse(draft, at),
    "vendor chase": lambda draft, _due, at: unheard(draft, at),
    "packet": _packet,
    "page": lambda draft, _due, at: paging.go_on(draft, at),
    "expected": lambda draft, due, at: expecting.over(draft, due.at, at),
    "delay": lambda draft, due, at: delaying.over(draft, due.at, at),
    "choice": lambda draft, _due, at: choice_unmade(draft, at),
    "storm": lambda draft, _due, at: storming.gather(draft, at),
    **managing.STEPS,
    **chasing.STEPS,
    "claim ending": lambda draft, _due, at: claim_ends.ending(draft, at),
    "claim end": lambda draft, _due, at: claim_ends.end_claim(draft, at),
    "offer": lambda draft, _due, at: offering.go_on(draft, at),
}


def _mark_collapsed(events: list[Event], first: int) -> None:
    """Mark what a later event of the same go overtook, so that people get one message.

    A limit reached is told even where a threshold beyond it was crossed in the same go.
    """
    if len(events) - first < 2:
        return
    later_clocks: set[tuple[ClockName, int]] = set()
    reminded: set[object] = set()
    moved_later = False
    for position in range(len(events) - 1, first - 1, -1):
        what = events[position].what
        overtaken = False
        if isinstance(what, Threshold):
            again = (what.clock, what.cycle) in later_clocks
            overtaken = again and what.fraction != clocks.FULL
            later_clocks.add((what.clock, what.cycle))
        elif isinstance(what, Escalated | EscalationProposed):
            overtaken, moved_later = moved_later, True
        elif isinstance(what, chasing.REPEATED):
            again_of = (type(what), getattr(what, "number", 0))
            overtaken = again_of in reminded
            reminded.add(again_of)
        if overtaken:
            events[position] = amended(events[position], what=amended(what, collapsed=True))
