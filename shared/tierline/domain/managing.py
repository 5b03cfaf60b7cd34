"""What time brings between a ticket and management: calls, words and action plans not given."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tierline.domain.audience import DUTY_MANAGER, LEAD
from tierline.domain.business_time import add, mean_open_per_weekday
from tierline.domain.draft import Draft
from tierline.domain.events import TIME, Reviewed
from tierline.domain.management import Trigger
from tierline.domain.oversight import ActionPlanMissed, BriefMissed, ManagementCalled
from tierline.domain.ticket import Ticket
from tierline.domain.triggers import after, cover_of, holds

MISSED_IN_A_ROW: Final = 6
"""After so many words in a row that were not given, it is said once a business day."""

TRIGGER, BRIEF, ACTION_PLAN = "trigger", "brief", "action plan"
"""How the due instants are called."""


def dues_of(ticket: Ticket) -> list[tuple[datetime, int, int, float, str]]:
    """When time matters to what management is owed: as `advance.Due`, in no order."""
    found: list[tuple[datetime, int, int, float, str]] = []
    if ticket.watch:
        found.append((min(ticket.watch.values()), 6, 0, 0.0, TRIGGER))
    if ticket.attention is not None and ticket.attention.next_due is not None:
        found.append((ticket.attention.next_due, 6, 1, 0.0, BRIEF))
    if ticket.plan_owed is not None and not ticket.plan_owed.missed:
        found.append((ticket.plan_owed.due, 6, 2, 0.0, ACTION_PLAN))
    return found


def late_s(draft: Draft, due: datetime) -> float:
    """Seconds after `due` that it is seen."""
    return max(0.0, (draft.now - due).total_seconds())


def called(draft: Draft, due: Any, at: datetime) -> None:
    """The first trigger of the policy that holds now calls; those beside it are said with it.

    One that the policy has no more, or that asks for something else by now, is let go.
    """
    ticket, policy = draft.ticket, draft.policy
    now = [
        trigger
        for trigger in policy.management
        if trigger.name in ticket.watch
        and ticket.watch[trigger.name] <= due.at
        and holds(trigger.when, ticket)
    ]
    if not now:
        why = draft.why("trigger gone", triggers=sorted(ticket.watch))
        gone = f"management/{ticket.cycle}/gone/{due.at.isoformat()}"
        draft.emit(Reviewed(TRIGGER), at=at, by=TIME, why=why, cause=gone)
        return
    trigger, *rest = now
    cover = cover_of(policy, ticket, ticket.priority)
    update_s = trigger.update.on(cover) if trigger.update else 0
    what = ManagementCalled(
        trigger.name,
        people_of(draft, trigger.call, at),
        also=tuple(other.name for other in rest),
        update_s=update_s,
        update_due=after(cover, at, trigger.update) if trigger.update else None,
        plan_due=after(cover, at, trigger.plan_within) if trigger.plan_within else None,
        late_s=late_s(draft, due.at),
    )
    why = draft.why(f"management: {trigger.name}", call=list(trigger.call), **seen(ticket, trigger))
    cause = f"management/{ticket.cycle}/{trigger.name}"
    draft.emit(what, at=at, by=TIME, why=why, cause=cause)


def seen(ticket: Ticket, trigger: Trigger) -> dict[str, Any]:
    """The values that made `trigger` hold."""
    when = trigger.when
    asked: dict[str, tuple[bool, Any]] = {
        "priority": (bool(when.priorities), ticket.priority),
        "breached": (bool(when.breached), sorted(_broken(ticket, when.breached))),
        "reopened": (bool(when.reopened), ticket.reopened),
        "alerts": (bool(when.alerts), ticket.alerts),
        "vip": (when.vip, ticket.vip),
        "escalated": (when.escalated, len(ticket.trail)),
        "stated": (when.complex, ticket.complexity),
        "category": (bool(when.categories), ticket.category),
        "type": (bool(when.types), ticket.type),
        "open_since": (when.open_for is not None, str(ticket.reopened_at or ticket.opened_at)),
        "unclaimed_in": (when.unclaimed_for is not None, ticket.group),
    }
    return {name: value for name, (wanted, value) in asked.items() if wanted}


def _broken(ticket: Ticket, names: frozenset[Any]) -> list[str]:
    clocks = ticket.clocks.values()
    return [clock.name for clock in clocks if clock.name in names and clock.breached_at]


def people_of(draft: Draft, roles: tuple[str, ...], at: datetime) -> tuple[str, ...]:
    """Who stands for `roles` at `at`, each once; a role that nobody fills is left out.

    The duty manager is who the schedule of that name says, else the one the policy names.
    """
    ticket, policy = draft.ticket, draft.policy
    group = policy.groups.get(ticket.group)
    found: list[str] = []
    for role in roles:
        if role == LEAD:
            found.append(group.lead if group else "")
            continue
        on_duty = draft.floor.on_call(DUTY_MANAGER, at) if role == DUTY_MANAGER else ()
        found += on_duty or (policy.people.get(role, ""),)
    return tuple(dict.fromkeys(login for login in found if login))


def brief_missed(draft: Draft, due: Any, at: datetime) -> None:
    """Nobody gave management the word they are owed: said each period, later each day."""
    ticket = draft.ticket
    attention = ticket.attention
    if attention is None:  # pragma: no cover - time offers it only with an attention
        return
    missed = attention.missed + 1
    cover = cover_of(draft.policy, ticket, ticket.priority)
    every = timedelta(seconds=attention.every_s)
    if missed >= MISSED_IN_A_ROW:
        every = max(every, mean_open_per_weekday(cover))
    following = add(cover, at, every) or at + every
    why = draft.why("brief", every_s=attention.every_s, people=list(attention.people))
    what = BriefMissed(missed, due.at, following, late_s(draft, due.at))
    cause = f"brief/{due.at.isoformat()}"
    draft.emit(what, at=at, by=TIME, why=why, cause=cause)


def plan_missed(draft: Draft, due: Any, at: datetime) -> None:
    """The action plan that a trigger needs is not there in time: a promise of our own, broken."""
    owed = draft.ticket.plan_owed
    if owed is None:  # pragma: no cover - time offers it only with a plan owed
        return
    why = draft.why("action plan", trigger=owed.trigger, actions=len(draft.ticket.actions))
    what = ActionPlanMissed(owed.trigger, owed.due, late_s(draft, due.at))
    draft.emit(what, at=at, by=TIME, why=why, cause=f"action plan/{owed.due.isoformat()}")


STEPS: Mapping[str, Callable[[Draft, Any, datetime], None]] = {
    TRIGGER: called,
    BRIEF: brief_missed,
    ACTION_PLAN: plan_missed,
}
"""What is taken at each of these due instants."""
