"""What follows from a tier's limit that ran out.

Claimed without a plan, somebody tried and could not: skill is missing, it moves up. Unclaimed,
nobody had time: it moves only where the next group has room, or else both leads get one choice. A
P1 always moves. Too many of one group at once are a storm, decided once for all of them.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tierline.domain import budget, storming
from tierline.domain.business_time import add
from tierline.domain.draft import Draft
from tierline.domain.events import TIME, EscalationProposed, Reviewed
from tierline.domain.moving import move
from tierline.domain.policy import Group, Step
from tierline.domain.promises import LEAST_LEFT_S
from tierline.domain.serving import passed_by, step_after
from tierline.domain.terms import ClockName, Mode, Priority, ReceiverFull
from tierline.domain.ticket import STORM
from tierline.domain.triage import choose_group

CAPACITY: Final = "capacity"
SKILL: Final = "skill"
RECEIVER_FULL: Final = "receiver full"

DECIDE_WITHIN: Final = timedelta(minutes=15)
"""Staffed time both leads have for their choice, before it is asked one higher."""


class Target(NamedTuple):
    """Where time takes a ticket next: the step, its group, why that one, the tiers left out.

    `passed_by`: steps on the way that are not for it, and which tickets those are for.
    """

    step: Step
    group: Group
    chosen: str
    skipped: tuple[str, ...]
    passed_by: dict[str, str]


def next_target(draft: Draft, at: datetime) -> Target | None:
    """The next step of the path that time may go to, and its group; None at the path's end.

    A tier whose limit is longer than the client's promise leaves is left out where it says so.
    """
    ticket, policy = draft.ticket, draft.policy
    path = policy.paths.get(ticket.path)
    tier, skipped = ticket.tier, list[str]()
    partners, client = draft.floor.partners, ticket.client
    while path is not None and (step := step_after(policy, path, tier, ticket, partners)):
        group, chosen = choose_group(
            policy, draft.floor, step.tier, ticket.category, at, client=client
        )
        if not budget.to_skip(draft, path, step, group, at):
            passed = passed_by(policy, path, ticket.tier, step.tier, ticket)
            return Target(step, group, chosen, tuple(skipped), passed)
        skipped.append(step.tier)
        tier = step.tier
    return None


def after_tier_lapse(draft: Draft, at: datetime, identity: str) -> None:
    """Move the ticket, or ask; `identity` is that of the lapse."""
    ticket = draft.ticket
    cause = SKILL if ticket.owner else CAPACITY
    words = "claimed without a plan" if cause == SKILL else "unclaimed"
    reason = f"{ticket.tier} limit reached: {words}"
    storm = storming.gathered(draft, at)
    move_by_time(
        draft, at=at, rule="tier lapse", reason=reason, cause=identity, lapse=cause, storm=storm
    )


def owed_lapse(draft: Draft, at: datetime) -> None:
    """Take a limit that ran out before and moved nothing then: its tier clock runs again.

    A tier clock lapses once a stay, so what kept it from moving the ticket must not swallow it.
    """
    ticket = draft.ticket
    identity = f"owed/{ticket.stay}/{ticket.owed_at}"
    after_tier_lapse(draft, at, identity)
    if draft.ticket.owed_at is not None:  # nothing is higher on its path
        why = draft.why("tier lapse, owed", path=ticket.path, tier=ticket.tier)
        draft.emit(Reviewed("limit"), at=at, by=TIME, why=why, cause=identity)


def owed_to_an_owner(draft: Draft, at: datetime) -> datetime | None:
    """When a limit that ran out unclaimed moves a ticket that is claimed at `at`; None: never.

    A claim ends the leads' choice, not the limit: the owner has as long as a receiver has at least.
    """
    ticket, tier = draft.ticket, draft.clock(ClockName.TIER)
    group = draft.policy.groups.get(ticket.group)
    if ticket.proposal is None or not ticket.proposal.choice or tier is None or group is None:
        return None
    return add(group.hours, at, timedelta(seconds=LEAST_LEFT_S))


def move_by_time(
    draft: Draft,
    *,
    at: datetime,
    rule: str,
    reason: str,
    cause: str,
    lapse: str = SKILL,
    storm: dict[str, object] | None = None,
) -> None:
    """What a lapse or a slipped plan does: move on, or ask where the mode or a full group says so.

    At the end of the path nothing is left to do here; the lapse itself is told. `storm`: what makes
    it one of too many, if it is.
    """
    target = next_target(draft, at)
    if target is None:
        return
    ticket = draft.ticket
    choice = STORM if storm else ""
    if not choice and lapse == CAPACITY and _no_room(draft, target):
        choice = RECEIVER_FULL
    limit = draft.clock(ClockName.TIER)
    why = draft.why(
        rule,
        path=ticket.path,
        from_tier=ticket.tier,
        target_s=limit.target_s if limit else None,
        chosen=target.chosen,
        mode=ticket.mode,
        floor=draft.floor.seen(target.group, at),
        **({"skipped": list(target.skipped)} if target.skipped else {}),
        **({"passed_by": target.passed_by} if target.passed_by else {}),
        **(storm or {}),
    )
    group = target.group
    if ticket.mode is Mode.ACT and not choice:
        move(
            draft,
            group,
            at=at,
            by=TIME,
            why=why,
            reason=reason,
            cause=cause,
            skipped=target.skipped,
        )
        return
    proposed = EscalationProposed(
        group.tier, group.name, reason, choice=choice, decide_by=_decide_by(draft, choice, at)
    )
    draft.emit(proposed, at=at, by=TIME, why=why, cause=cause)


def choice_unmade(draft: Draft, at: datetime) -> None:
    """Neither lead has chosen in time: said once, one higher; the choice still stands.

    A storm is over then: what the policy says happens to each of its tickets.
    """
    proposal = draft.ticket.proposal
    if proposal is None:  # pragma: no cover - time offers it only with a proposal
        return
    if proposal.choice == STORM:
        storming.undecided(draft, proposal, at)
        return
    why = draft.why("choice not made", proposed_at_seq=proposal.seq, to_group=proposal.to_group)
    what = Reviewed("choice")
    draft.emit(what, at=at, by=TIME, why=why, cause=f"choice/{proposal.seq}")


def _no_room(draft: Draft, target: Target) -> bool:
    if draft.ticket.priority is Priority.P1:
        return False
    if target.step.receiver_full is ReceiverFull.MOVE:
        return False
    return draft.floor.full(target.group)


def _decide_by(draft: Draft, choice: str, at: datetime) -> datetime | None:
    group = draft.policy.groups.get(draft.ticket.group)
    if choice == STORM:
        return storming.decided_by(draft, at)
    if not choice or group is None:
        return None
    return add(group.hours, at, DECIDE_WITHIN)
