"""Taking a ticket, giving it back, writing on it, planning it."""

from datetime import datetime, timedelta

from tierline.domain import lapsing, waiting
from tierline.domain.business_time import add
from tierline.domain.claim_ends import without_owner
from tierline.domain.clock import Clock
from tierline.domain.commands import Claim, MakePlan, Note, RefusePlan, Rejected, Release
from tierline.domain.draft import Draft
from tierline.domain.events import Claimed, Noted, Planned, PlanRefused, Released
from tierline.domain.handlers.asked import Asked, missing, not_active, not_ahead, not_yours, refuse
from tierline.domain.handlers.frozen import despite_freeze
from tierline.domain.promises import (
    last_tenth,
    met,
    next_review,
    silent_clock,
    sla_of,
    updated,
)
from tierline.domain.serving import groups_for, step_after
from tierline.domain.terms import ClockName, TicketType
from tierline.domain.ticket import ClaimEnd, Plan


def claim(draft: Draft, command: Claim, asked: Asked) -> Rejected | None:
    """Of two claimers one wins; the other is told who."""
    ticket = draft.ticket
    if refused := not_active(ticket):
        return refused
    if refused := missing(command.owner, "owner", ticket):
        return refused
    if ticket.owner:
        return refuse("owned", f"{ticket.owner} has already claimed it", ticket)
    at = draft.now
    answered = [ClockName.QUEUE]
    if ticket.type is TicketType.ALERT:
        answered.append(ClockName.RESPOND)
    changed = [*met(draft, at, answered), *silent_clock(draft, at)]
    group = draft.policy.groups.get(ticket.group)
    ends = draft.floor.person(command.owner).claim_end(at)
    draft.emit(
        Claimed(
            command.owner,
            lapsing.owed_to_an_owner(draft, at),
            accepted=ticket.offered_to == command.owner,
            ends=ends,
        ),
        at=at,
        by=asked.by,
        why=draft.why("claim", owner=command.owner, **_ending(ends)),
        cause=asked.cause,
        changed=changed,
        review_at=next_review(group, at, unclaimed=False),
    )
    return None


def _ending(ends: ClaimEnd | None) -> dict[str, str]:
    return {} if ends is None else {"until": ends.at.isoformat(), "because": ends.because}


def release(draft: Draft, command: Release, asked: Asked) -> Rejected | None:
    """Back to the queue: the plan is void, the queue clock starts anew."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    if not ticket.owner:
        return refuse("unclaimed", "nobody owns it; there is nothing to release", ticket)
    group = draft.policy.groups.get(ticket.group)
    draft.emit(
        Released(ticket.owner, command.reason),
        at=at,
        by=asked.by,
        why=draft.why("release", owner=ticket.owner, plan_void=ticket.plan is not None),
        cause=asked.cause,
        changed=without_owner(draft, at),
        review_at=next_review(group, at, unclaimed=True),
    )
    waiting.begin(draft, at, asked.cause, without=ticket.owner)
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
        changed += _word_to_client(draft, at)
    rule = "note to the client" if command.to_client else "internal note"
    what = Noted(command.text, command.to_client)
    draft.emit(what, at=at, by=asked.by, why=draft.why(rule), cause=asked.cause, changed=changed)
    return None


def _word_to_client(draft: Draft, at: datetime) -> list[Clock]:
    """The first word of a person to the requester meets respond; each one restarts update."""
    return [*met(draft, at, [ClockName.RESPOND]), *updated(draft, at)]


def make_plan(draft: Draft, command: MakePlan, asked: Asked) -> Rejected | None:
    """A plan within its limits meets the plan promise and stops the tier clock while it lives."""
    if refused := _plan_refused(draft, command, asked):
        return refused
    frozen = despite_freeze(draft, command.promised_at, None, command.despite, field="promised_at")
    if isinstance(frozen, Rejected):
        return frozen
    ticket, at = draft.ticket, draft.now
    before = ticket.plan
    plan = Plan(
        next_step=command.next_step,
        promised_at=command.promised_at,
        made_by=ticket.owner,
        made_at=at,
        revisions=0 if before is None else before.revisions + 1,
        slips=0 if before is None else before.slips,
        late=(tier := draft.clock(ClockName.TIER)) is not None
        and last_tenth(tier, at, draft.policy),
    )
    changed = [*met(draft, at, [ClockName.PLAN]), *silent_clock(draft, at)]
    if command.client_text.strip():
        changed += _word_to_client(draft, at)
    draft.emit(
        Planned(plan, revision=before is not None, client_text=command.client_text),
        at=at,
        by=asked.by,
        why=draft.why(
            "plan", latest=latest_promise(draft, at).isoformat(), late=plan.late, **frozen
        ),
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
    if refused := not_ahead(command.promised_at, "promised_at", draft, past="promise_past"):
        return refused
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


def refuse_plan(draft: Draft, command: RefusePlan, asked: Asked) -> Rejected | None:
    """The lead, or the next tier, does not go along with the plan: the tier clock runs on."""
    ticket = draft.ticket
    if refused := not_active(ticket) or missing(command.reason, "reason", ticket):
        return refused
    if ticket.plan is None:
        return refuse("no_plan", "there is no plan to refuse", ticket)
    if not asked.asker.leads and not _of_next_tier(draft, asked.login):
        return refuse("lead_decides", "refusing a plan is for a lead or the next tier", ticket)
    why = draft.why("plan refused", promised_at=ticket.plan.promised_at.isoformat())
    what = PlanRefused(ticket.owner, command.reason)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def _of_next_tier(draft: Draft, login: str) -> bool:
    ticket, policy = draft.ticket, draft.policy
    partners, path = draft.floor.partners, policy.paths.get(ticket.path)
    step = step_after(policy, path, ticket.tier, ticket, partners)
    groups = groups_for(policy, partners, step.tier, ticket.client) if step else ()
    return any(login in group.members for group in groups)


def latest_promise(draft: Draft, at: datetime) -> datetime:
    """The latest instant a plan made at `at` may promise (UTC)."""
    ticket, policy = draft.ticket, draft.policy
    cover = sla_of(policy, ticket.agreement).cover[ticket.priority]
    horizon_s = policy.plans.horizon[ticket.priority].on(cover)
    latest = add(cover, at, timedelta(seconds=horizon_s)) or at
    for name in (ClockName.RESOLVE, ClockName.FULFIL):
        clock = draft.clock(name)
        if clock is not None and clock.due is not None and clock.due > at:
            latest = min(latest, clock.due)
    return latest
