"""Taking a ticket, giving it back, writing on it, planning it."""

from datetime import datetime, timedelta

from tierline.domain import clock as clocks
from tierline.domain.business_time import add
from tierline.domain.commands import Claim, MakePlan, Note, Rejected, Release
from tierline.domain.draft import Draft
from tierline.domain.events import Claimed, Noted, Planned, Released
from tierline.domain.handlers.asked import Asked, missing, not_active, not_yours, refuse
from tierline.domain.promises import (
    met,
    queue_clock,
    review_after,
    silent_clock,
    sla_of,
    step_of,
    update_clock,
)
from tierline.domain.terms import ClockName, TicketType
from tierline.domain.ticket import Plan

LATE_IN_CLOCK = 0.9
"""Plans and holds opened in the last tenth of the tier clock are marked."""


def claim(draft: Draft, command: Claim, asked: Asked) -> Rejected | None:
    """Of two claimers one wins; the other is told who."""
    ticket = draft.ticket
    if refused := not_active(ticket):
        return refused
    if ticket.owner:
        return refuse("owned", f"{ticket.owner} has already claimed it", ticket)
    at = draft.now
    answered = [ClockName.QUEUE]
    if ticket.type is TicketType.ALERT:
        answered.append(ClockName.RESPOND)
    changed = [*met(draft, at, answered), *silent_clock(draft, at)]
    group = draft.policy.groups.get(ticket.group)
    draft.emit(
        Claimed(command.owner),
        at=at,
        by=asked.by,
        why=draft.why("claim", owner=command.owner),
        cause=asked.cause,
        changed=changed,
        review_at=review_after(group, at, unclaimed=False) if group else None,
    )
    return None


def release(draft: Draft, command: Release, asked: Asked) -> Rejected | None:
    """Back to the queue: the plan is void, the queue clock starts anew."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    if not ticket.owner:
        return refuse("unclaimed", "nobody owns it; there is nothing to release", ticket)
    group = draft.policy.groups.get(ticket.group)
    step = step_of(draft.policy, ticket, ticket.tier)
    silent = draft.clock(ClockName.SILENT)
    changed = []
    if silent is not None and not silent.over:
        changed.append(clocks.void(silent, at, draft.policy.calendars))
    if group is not None and step.unclaimed is not None:
        changed.append(queue_clock(draft, group, step.unclaimed, at))
    draft.emit(
        Released(ticket.owner, command.reason),
        at=at,
        by=asked.by,
        why=draft.why("release", owner=ticket.owner, plan_void=ticket.plan is not None),
        cause=asked.cause,
        changed=changed,
        review_at=review_after(group, at, unclaimed=True) if group else None,
    )
    return None


def note(draft: Draft, command: Note, asked: Asked) -> Rejected | None:
    """A word restarts the silent clock; the first to the client meets respond, each one update."""
    ticket, at = draft.ticket, draft.now
    if refused := missing(command.text, "text", ticket):
        return refused
    if not ticket.open:
        return refuse("closed", "the ticket is closed; reopen it to write on it", ticket)
    changed = silent_clock(draft, at) if ticket.owner and ticket.active else []
    if command.to_client and ticket.active:
        changed += met(draft, at, [ClockName.RESPOND])
        update = draft.clock(ClockName.UPDATE)
        if update is not None and not update.over:
            changed += update_clock(draft, at)
    rule = "note to the client" if command.to_client else "internal note"
    what = Noted(command.text, command.to_client)
    draft.emit(what, at=at, by=asked.by, why=draft.why(rule), cause=asked.cause, changed=changed)
    return None


def make_plan(draft: Draft, command: MakePlan, asked: Asked) -> Rejected | None:
    """A plan within its limits meets the plan promise and stops the tier clock while it lives."""
    if refused := _plan_refused(draft, command, asked):
        return refused
    ticket, at = draft.ticket, draft.now
    before = ticket.plan
    plan = Plan(
        next_step=command.next_step,
        promised_at=command.promised_at,
        made_by=ticket.owner,
        made_at=at,
        revisions=0 if before is None else before.revisions + 1,
        slips=0 if before is None else before.slips,
        late=_late(draft, at),
    )
    changed = [*met(draft, at, [ClockName.PLAN]), *silent_clock(draft, at)]
    if command.client_text and (update := draft.clock(ClockName.UPDATE)) and not update.over:
        changed += update_clock(draft, at)
    draft.emit(
        Planned(plan, revision=before is not None, client_text=command.client_text),
        at=at,
        by=asked.by,
        why=draft.why("plan", latest=latest_promise(draft, at).isoformat(), late=plan.late),
        cause=asked.cause,
        changed=changed,
    )
    return None


def _plan_refused(draft: Draft, command: MakePlan, asked: Asked) -> Rejected | None:
    ticket, rules = draft.ticket, draft.policy.plans
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    if refused := missing(command.next_step, "next_step", ticket):
        return refused
    if not ticket.owner:
        return refuse("unclaimed", "claim it first: a plan is its owner's promise", ticket)
    if command.promised_at <= draft.now:
        return refuse("promise_past", "promised_at must lie in the future", ticket)
    latest = latest_promise(draft, draft.now)
    if command.promised_at > latest:
        return refuse(
            "promise_too_far",
            f"promised_at must be no later than {latest.isoformat()}: within the client's "
            f"resolve promise and the horizon for {ticket.priority}",
            ticket,
        )
    if ticket.plan and ticket.plan.revisions >= rules.revisions and not asked.asker.leads:
        return refuse(
            "lead_decides",
            f"the plan was revised {rules.revisions} times; a further revision is the lead's",
            ticket,
        )
    return None


def latest_promise(draft: Draft, at: datetime) -> datetime:
    """The latest instant a plan made at `at` may promise (UTC)."""
    ticket, policy = draft.ticket, draft.policy
    cover = sla_of(policy, ticket.agreement).cover[ticket.priority]
    horizon_s = policy.plans.horizon[ticket.priority].on(cover)
    latest = add(cover, at, timedelta(seconds=horizon_s)) or at
    resolve = draft.clock(ClockName.RESOLVE)
    if resolve is not None and resolve.due is not None and resolve.due > at:
        latest = min(latest, resolve.due)
    return latest


def _late(draft: Draft, at: datetime) -> bool:
    tier = draft.clock(ClockName.TIER)
    if tier is None or not tier.running:
        return False
    used = clocks.used_us(tier, at, draft.policy.calendars)
    return used >= LATE_IN_CLOCK * tier.target_s * 1_000_000
