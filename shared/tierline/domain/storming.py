"""Lapses that are too many at once: gathered into one storm of their group, for one decision.

More than so many limits of one group that run out within minutes say something of the group, not
of the tickets. Those beyond neither move nor ask one by one. A P1 always moves.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from tierline.domain.business_time import add
from tierline.domain.draft import Draft
from tierline.domain.events import TIME, ProposalDeclined
from tierline.domain.moving import move
from tierline.domain.policy import Group
from tierline.domain.promises import step_of
from tierline.domain.storm import StormGathered
from tierline.domain.storm_rules import StormRules
from tierline.domain.terms import Mode, Priority, ReceiverFull
from tierline.domain.ticket import Proposal, Ticket

TOLD_AFTER: Final = timedelta(minutes=1)
"""How long after the first ticket of a storm its leads are told of all that came by then."""


def gathered(draft: Draft, at: datetime) -> dict[str, object] | None:
    """What makes a limit that runs out at `at` one of a storm; None where it is a lapse by itself.

    The lapses of its group that the floor knows of are counted, with this one, that lie in any
    stretch of the policy's length around `at`: the order in which tickets are looked at is no
    matter.
    """
    rules, ticket = draft.policy.storm, draft.ticket
    if rules is None or ticket.mode is Mode.WATCH or ticket.priority is Priority.P1:
        return None
    count = 1 + draft.floor.lapses_around(ticket.group, at, rules.within)
    if count <= rules.more_than:
        return None
    within_s = rules.within.total_seconds()
    return {"lapses": count, "more_than": rules.more_than, "within_s": within_s}


def decided_by(draft: Draft, at: datetime) -> datetime | None:
    """When a storm that begins at `at` is over, decided or not: staffed time of its group."""
    rules, group = _rules(draft), draft.policy.groups.get(draft.ticket.group)
    return at + rules.decide_within if group is None else add(group.hours, at, rules.decide_within)


def undecided(draft: Draft, proposal: Proposal, at: datetime) -> None:
    """Nobody has decided in time: it moves where there is room, or stays; the policy says which."""
    group = draft.policy.groups.get(proposal.to_group)
    stays = _stays(draft, group)
    why = draft.why("storm undecided", **_values(draft, proposal, group, at))
    cause = f"storm/{proposal.seq}"
    if group is not None and not stays:
        move(draft, group, at=at, by=TIME, why=why, reason=proposal.reason, cause=cause)
        return
    what = ProposalDeclined(proposal.seq, proposal.to_group, stays, gathered=True)
    draft.emit(what, at=at, by=TIME, why=why, cause=cause)


def gather(draft: Draft, at: datetime) -> None:
    """The first moments of the storm are over: its leads are to hear of it."""
    first = draft.ticket.storm
    if first is None:  # pragma: no cover - time offers it only to the first
        return
    why = draft.why("storm", storm=first.storm, told_after_s=TOLD_AFTER.total_seconds())
    what = StormGathered(first.storm)
    draft.emit(what, at=at, by=TIME, why=why, cause=f"storm/{first.storm}/told")


def _rules(draft: Draft) -> StormRules:
    """Those of the policy; where it gathers no more, what is gathered ends by the default ones."""
    return draft.policy.storm or StormRules()


def _stays(draft: Draft, group: Group | None) -> str:
    """Why it stays where it is although nobody said so; empty where it moves."""
    ticket = draft.ticket
    if group is None:
        return "nobody decided, and the policy has no such group"
    if ticket.mode is not Mode.ACT:
        return f"nobody decided, and in mode {ticket.mode} time moves nothing"
    if ticket.priority is Priority.P1:
        return ""
    if not _rules(draft).undecided_moves:
        return "nobody decided, and then they stay"
    if ticket.plan is not None or ticket.hold is not None:
        return "nobody decided, and it has a plan or is on hold by now"
    if not ticket.owner and _no_room(draft, ticket, group):
        return f"nobody decided, and {group.name} has no room"
    return ""


def _no_room(draft: Draft, ticket: Ticket, group: Group) -> bool:
    step = step_of(draft.policy, ticket, group.tier)
    return step.receiver_full is not ReceiverFull.MOVE and draft.floor.full(group)


def _values(draft: Draft, proposal: Proposal, group: Group | None, at: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "storm": proposal.storm,
        "proposed_at_seq": proposal.seq,
        "undecided": "move" if _rules(draft).undecided_moves else "stay",
        "mode": draft.ticket.mode,
        "path": draft.ticket.path,
    }
    return values if group is None else {**values, "floor": draft.floor.seen(group, at)}
