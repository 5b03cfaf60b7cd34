"""Moves that people decide."""

from datetime import timedelta

from tierline.domain.commands import AcceptProposal, DeclineProposal, GivePacket, Move, Rejected
from tierline.domain.draft import Draft
from tierline.domain.events import (
    Escalated,
    PacketGiven,
    ProposalDeclined,
    Returned,
    Transferred,
)
from tierline.domain.handlers.asked import Asked, missing, not_active, refuse
from tierline.domain.moving import direction, is_bounce, move
from tierline.domain.policy import Group
from tierline.domain.serving import groups_for, passed_by, serves, step_after
from tierline.domain.terms import PacketRule, Priority
from tierline.domain.triage import choose_group

SIDEWAYS_MAX = 2
"""A third sideways move in a row is the lead's to decide."""

BOUNCE_WITHIN = timedelta(minutes=15)
"""A ticket goes straight back only before the claim or this soon after it, once an edge."""


def move_by_hand(draft: Draft, command: Move, asked: Asked) -> Rejected | None:
    """To a group, to a tier, or to the path's next step; every move has a reason."""
    ticket = draft.ticket
    if refused := not_active(ticket) or missing(command.reason, "reason", ticket):
        return refused
    target = _target(draft, command)
    if isinstance(target, Rejected):
        return target
    group, chosen = target
    if refused := _lead_decides(draft, group, asked):
        return refused
    kind = direction(draft.policy, ticket.tier, group.tier)
    if refused := _packet_missing(draft, kind, command):
        return refused
    why = draft.why(
        f"{kind.__name__.lower()} by hand",
        chosen=chosen,
        floor=draft.floor.seen(group, draft.now),
        **_passed_by(draft, group, command),
    )
    move(
        draft,
        group,
        at=draft.now,
        by=asked.by,
        why=why,
        reason=command.reason,
        cause=asked.cause,
        packet=command.packet,
        handed=command.handed,
    )
    return None


def _passed_by(draft: Draft, group: Group, command: Move) -> dict[str, dict[str, str]]:
    """For the event's why: the steps passed by where the path said which tier comes next."""
    if command.to_group or command.to_tier:
        return {}
    ticket, policy = draft.ticket, draft.policy
    path = policy.paths.get(ticket.path)
    found = passed_by(policy, path, ticket.tier, group.tier, ticket)
    return {"passed_by": found} if found else {}


def _packet_missing(
    draft: Draft, kind: type[Escalated | Returned | Transferred], command: Move
) -> Rejected | None:
    """A refusal where the policy requires what the next tier needs; never of a P1."""
    ticket = draft.ticket
    required = draft.policy.hand_over.packet is PacketRule.REQUIRE
    if kind is not Escalated or not required or ticket.priority is Priority.P1:
        return None
    if command.handed is not None and command.handed.complete:
        return None
    return refuse(
        "packet_missing",
        "say what was tried and what you ask of the next tier (tried, ask; evidence if any)",
        ticket,
    )


def give_packet(draft: Draft, command: GivePacket, asked: Asked) -> Rejected | None:
    """Say after the hand-over what the next tier needs to go on."""
    ticket = draft.ticket
    if refused := not_active(ticket):
        return refused
    for name in ("tried", "ask"):
        if refused := missing(getattr(command.packet, name), name, ticket):
            return refused
    if not ticket.escalated:
        return refuse("not_handed_over", "it was never handed over: write a note", ticket)
    why = draft.why("packet", asked_for=ticket.packet_due is None, stay=ticket.stay)
    what = PacketGiven(command.packet)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def decline_proposal(draft: Draft, command: DeclineProposal, asked: Asked) -> Rejected | None:
    """Leave the ticket where it is, although time proposed a move: a lead's to say."""
    ticket = draft.ticket
    if refused := not_active(ticket) or missing(command.reason, "reason", ticket):
        return refused
    proposal = ticket.proposal
    if proposal is None or proposal.seq != command.seq:
        return refuse("no_proposal", "that proposal no longer stands; look again", ticket)
    if not asked.asker.leads:
        return refuse("lead_decides", "whether it stays is the lead's to decide", ticket)
    why = draft.why("proposal declined", proposed_at_seq=proposal.seq, choice=proposal.choice)
    what = ProposalDeclined(proposal.seq, proposal.to_group, command.reason)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def accept_proposal(draft: Draft, command: AcceptProposal, asked: Asked) -> Rejected | None:
    """Do what time proposed, as long as that proposal still stands."""
    ticket = draft.ticket
    if refused := not_active(ticket):
        return refused
    proposal = ticket.proposal
    if proposal is None or proposal.seq != command.seq:
        return refuse("no_proposal", "that proposal no longer stands; look again", ticket)
    group = draft.policy.groups.get(proposal.to_group)
    if group is None or not serves(group, ticket.client, draft.floor.partners):
        return refuse("unknown_group", f"{proposal.to_group} does not serve this client", ticket)
    why = draft.why("proposal accepted", proposed_at_seq=proposal.seq)
    move(
        draft,
        group,
        at=draft.now,
        by=asked.by,
        why=why,
        reason=proposal.reason,
        cause=asked.cause,
    )
    return None


def _target(draft: Draft, command: Move) -> tuple[Group, str] | Rejected:
    ticket, policy, partners = draft.ticket, draft.policy, draft.floor.partners
    if command.to_group:
        group = policy.groups.get(command.to_group)
        if group is None or not serves(group, ticket.client, partners):
            known = (g.name for g in policy.groups.values() if serves(g, ticket.client, partners))
            return refuse("unknown_group", f"to_group must be one of: {', '.join(known)}", ticket)
        if group.name == ticket.group:
            return refuse("same_group", f"it is already with {group.name}", ticket)
        return group, f"named {group.name}"
    tier = command.to_tier
    if not tier:
        path = policy.paths.get(ticket.path)
        step = step_after(policy, path, ticket.tier, ticket, partners)
        if step is None:
            return refuse("end_of_path", "the path ends here: name to_group or to_tier", ticket)
        tier = step.tier
    if not groups_for(policy, partners, tier, ticket.client):
        known = (t for t in policy.tiers if groups_for(policy, partners, t, ticket.client))
        return refuse("unknown_tier", f"to_tier must be one of: {', '.join(known)}", ticket)
    group, chosen = choose_group(
        policy, draft.floor, tier, ticket.category, draft.now, client=ticket.client
    )
    if group.name == ticket.group:
        return refuse("same_group", f"it is already with {group.name}: name to_group", ticket)
    return group, chosen


def _lead_decides(draft: Draft, group: Group, asked: Asked) -> Rejected | None:
    if asked.asker.leads:
        return None
    ticket = draft.ticket
    kind = direction(draft.policy, ticket.tier, group.tier)
    if kind is Transferred and ticket.sideways >= SIDEWAYS_MAX:
        return refuse("lead_decides", "a third move sideways is the lead's to decide", ticket)
    if is_bounce(ticket, group.name):
        return _bounce(draft, group)
    if kind in {Transferred, Returned} and group.name in ticket.trail:
        return refuse(
            "lead_decides", f"it was with {group.name} before: a second visit is the lead's", ticket
        )
    return None


def _bounce(draft: Draft, group: Group) -> Rejected | None:
    ticket = draft.ticket
    edge = f"{ticket.group}>{group.name}"
    fresh = ticket.claimed_at is None or draft.now - ticket.claimed_at <= BOUNCE_WITHIN
    if fresh and edge not in ticket.bounced:
        return None
    return refuse(
        "lead_decides",
        "sending it straight back is for before the claim or 15 minutes after it, once; "
        "now it is the lead's to decide",
        ticket,
    )
