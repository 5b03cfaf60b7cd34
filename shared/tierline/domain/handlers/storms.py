"""Storms: a ticket joins, its leads are told, somebody decides, each ticket follows."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from tierline.domain.audience import DUTY_MANAGER, LEAD, SERVICE_MANAGER
from tierline.domain.commands import Rejected
from tierline.domain.draft import Draft
from tierline.domain.events import Actor, ProposalDeclined
from tierline.domain.handlers.asked import Asked, missing, refuse
from tierline.domain.moving import move
from tierline.domain.paging import ladder
from tierline.domain.policy import Group
from tierline.domain.storm import StormDecided, StormJoined, StormTold
from tierline.domain.storm_commands import DecideStorm, FollowStorm, JoinStorm, TellStorm
from tierline.domain.storming import TOLD_AFTER
from tierline.domain.ticket import STORM, Proposal, Ticket


def waits(ticket: Ticket, storm: int) -> Proposal | None:
    """What `ticket` waits for in `storm`; None where it is not, or no longer, one of it."""
    proposal = ticket.proposal
    if not ticket.active or proposal is None or proposal.choice != STORM:
        return None
    return proposal if proposal.storm == storm else None


def join(draft: Draft, command: JoinStorm, asked: Asked) -> Rejected | None:
    """Be one of a storm, as long as what made it one still stands."""
    ticket = draft.ticket
    proposal = waits(ticket, 0)
    if proposal is None or proposal.seq != command.seq:
        return refuse("no_proposal", "what was gathered does not stand any more", ticket)
    tell_at = draft.now + TOLD_AFTER if command.first else None
    why = draft.why("storm", proposed_at_seq=proposal.seq, group=ticket.group)
    what = StormJoined(command.storm, ticket.group, command.until, tell_at)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def tell(draft: Draft, command: TellStorm, asked: Asked) -> Rejected | None:
    """Say whom the one message of the storm goes to, and what it lists."""
    people, seen = _deciders(draft, command)
    why = draft.why("storm", storm=command.storm, group=command.group, people=seen)
    what = StormTold(
        command.storm,
        command.group,
        command.tickets,
        command.count,
        command.to_groups,
        command.until,
        people,
    )
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def decide(draft: Draft, command: DecideStorm, asked: Asked) -> Rejected | None:
    """The one decision: a lead's to make; why, where something stays."""
    ticket = draft.ticket
    if waits(ticket, command.storm) is None:
        return refuse("no_storm", "nothing of that storm waits here any more; look again", ticket)
    if not asked.asker.leads:
        return refuse("lead_decides", "what becomes of a storm is the lead's to decide", ticket)
    if command.kept and (refused := missing(command.reason, "reason", ticket)):
        return refused
    why = draft.why("storm decided", storm=command.storm, count=len(command.moved + command.kept))
    what = StormDecided(
        command.storm, ticket.group, command.moved, command.kept, command.reason.strip()
    )
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def follow(draft: Draft, command: FollowStorm, asked: Asked) -> Rejected | None:
    """Do what was decided, as long as the ticket still waits for it."""
    ticket = draft.ticket
    proposal = waits(ticket, command.storm)
    if proposal is None:
        return refuse("no_proposal", "it does not wait for the storm any more", ticket)
    group = draft.policy.groups.get(proposal.to_group)
    if command.moves and group is None:
        return refuse("unknown_group", f"the policy has no group {proposal.to_group}", ticket)
    by = Actor("person", command.by)
    values = {"storm": command.storm, "decided_on": command.said_on}
    why = draft.why("storm decided", **values, proposed_at_seq=proposal.seq)
    if command.moves and group is not None:
        reason = command.reason or proposal.reason
        move(draft, group, at=draft.now, by=by, why=why, reason=reason, cause=asked.cause)
        return None
    what = ProposalDeclined(proposal.seq, proposal.to_group, command.reason, gathered=True)
    draft.emit(what, at=draft.now, by=by, why=why, cause=asked.cause)
    return None


def _deciders(draft: Draft, command: TellStorm) -> tuple[tuple[str, ...], list[str]]:
    """Who is told, and of each who is looked at, why: the leads; nobody in: the first above who is.

    Where nobody above is in either, the last of them is told beside the leads.
    """
    policy, floor, at = draft.policy, draft.floor, draft.now
    groups = [g for name in (command.group, *command.to_groups) if (g := policy.groups.get(name))]
    leads = {group.lead: _out(draft, group.lead, group, at) for group in groups if group.lead}
    told, seen = dict.fromkeys(leads), [_said(login, LEAD, out) for login, out in leads.items()]
    if groups and all(leads.values()):
        above = [r for r in ladder(policy, floor, groups[0], at) if r.of in _ABOVE]
        found = {rung: _out(draft, rung.login, groups[0], at) for rung in above}
        seen += [_said(rung.login, rung.of, out) for rung, out in found.items()]
        first = [rung.login for rung, out in found.items() if not out] or list(_last(found))
        told.update(dict.fromkeys(first[:1]))
    return tuple(told), seen


_ABOVE: Final = frozenset({DUTY_MANAGER, SERVICE_MANAGER})


def _last(found: Mapping[Any, str]) -> Iterator[str]:
    """The last of a ladder."""
    yield from [rung.login for rung in found][-1:]


def _out(draft: Draft, login: str, group: Group, at: datetime) -> str:
    return draft.floor.person(login).not_in(at, group.hours)


def _said(login: str, of: str, out: str) -> str:
    return f"{login} ({of}, {out or 'in'})"


HANDLERS: Final[dict[type, Any]] = {
    JoinStorm: join,
    TellStorm: tell,
    DecideStorm: decide,
    FollowStorm: follow,
}
