"""The end of a claim: a shift is over or an absence begins, and no ticket is left with nobody.

Due instants of the ticket, kept with its claim. Whether the owner is really off is judged at that
instant; a claim goes on where they are in after all, or where they chose to keep it.
"""

from datetime import datetime, timedelta
from typing import Final

from tierline.domain import clock as clocks
from tierline.domain import waiting
from tierline.domain.amend import amended
from tierline.domain.assignment import ClaimEnded, ClaimStands, ShiftEnding
from tierline.domain.clock import Clock
from tierline.domain.draft import Draft
from tierline.domain.events import TIME
from tierline.domain.people import AWAY, BACK, SHIFT, Person
from tierline.domain.promises import next_review, queue_clock, step_of
from tierline.domain.terms import ClockName, Mode, Priority, TicketType
from tierline.domain.ticket import ClaimEnd

TOLD_BEFORE: Final = timedelta(minutes=15)
"""How long before a claim ends its owner is told what they still hold."""

NEVER_KEPT: Final = frozenset({Priority.P1, Priority.P2})
"""Priorities that nobody keeps beyond their shift."""

END_OF_SHIFT: Final = "end of shift"
ABSENCE: Final = "absence"

_WORDS: Final = {SHIFT: END_OF_SHIFT, AWAY: ABSENCE}


def due(end: ClaimEnd) -> tuple[datetime, str]:
    """What comes next of `end`, and when: its owner is told, or it is there."""
    if end.told:
        return end.at, "claim end"
    return end.at - TOLD_BEFORE, "claim ending"


def ending(draft: Draft, at: datetime) -> None:
    """Tell the owner what they still hold shortly before their time ends."""
    ticket = draft.ticket
    end = ticket.claim_end
    if end is None:  # pragma: no cover - time offers it only with such an end
        return
    why = draft.why(
        "claim ending", owner=ticket.owner, because=end.because, ends=end.at.isoformat()
    )
    what = ShiftEnding(ticket.owner, end.at, end.because)
    draft.emit(what, at=at, by=TIME, why=why, cause=_cause(end))


def end_claim(draft: Draft, at: datetime) -> None:
    """The instant has come: the claim ends, or there is a reason that it goes on."""
    ticket = draft.ticket
    end = ticket.claim_end
    if end is None:  # pragma: no cover - time offers it only with such an end
        return
    person = draft.floor.person(ticket.owner)
    values = {"owner": ticket.owner, "because": end.because, "due": end.at.isoformat()}
    if goes_on := _goes_on(draft, end, person, at):
        why = draft.why("claim goes on", **values, kept=end.kept, mode=ticket.mode)
        what = ClaimStands(ticket.owner, goes_on, person.claim_end(at))
        draft.emit(what, at=at, by=TIME, why=why, cause=_cause(end))
        return
    _end(draft, end, at, values)


def _goes_on(draft: Draft, end: ClaimEnd, person: Person, at: datetime) -> str:
    """Why the claim does not end now; empty where it does."""
    ticket = draft.ticket
    if end.because == BACK:
        return "they are still away" if person.away_at(at) else "they are back"
    if end.because == AWAY and person.away_at(at) is None:
        return "they are not away after all"
    if end.because == SHIFT and _on_shift(draft, person, at):
        return "their shift goes on"
    if ticket.mode is not Mode.ACT:
        return f"its mode is {ticket.mode}: Tierline takes it from nobody"
    if end.kept and ticket.priority not in NEVER_KEPT:
        return "its owner chose to keep it"
    return ""


def _on_shift(draft: Draft, person: Person, at: datetime) -> bool:
    group = draft.policy.groups.get(draft.ticket.group)
    hours = person.shifts or (group.hours if group else None)
    return hours is not None and not person.not_in(at, hours)


def _end(draft: Draft, end: ClaimEnd, at: datetime, values: dict[str, str]) -> None:
    ticket = draft.ticket
    group = draft.policy.groups.get(ticket.group)
    why = draft.why("claim ends", **values, priority=ticket.priority, kept=end.kept)
    draft.emit(
        ClaimEnded(ticket.owner, _WORDS[end.because], plan_void=ticket.plan is not None),
        at=at,
        by=TIME,
        why=why,
        cause=_cause(end),
        changed=without_owner(draft, at),
        review_at=next_review(group, at, unclaimed=True),
    )
    waiting.begin(draft, at, _cause(end), without=ticket.owner, first_asked=end.stand_in)


def without_owner(draft: Draft, at: datetime) -> list[Clock]:
    """The clocks that change as the owner goes: silence is over, and it waits to be claimed."""
    ticket = draft.ticket
    group = draft.policy.groups.get(ticket.group)
    step = step_of(draft.policy, ticket, ticket.tier)
    silent = draft.clock(ClockName.SILENT)
    changed = []
    if silent is not None and not silent.over:
        changed.append(clocks.void(silent, at, draft.policy.calendars))
    if group is not None and step.unclaimed is not None and ticket.type is not TicketType.PROBLEM:
        changed.append(queue_clock(draft, group, step.unclaimed, at))
    return changed


def anew(known: ClaimEnd | None, person: Person, now: datetime) -> ClaimEnd | None:
    """When a claim ends of somebody whose absences are not what they were when `known` was set.

    An absence that has begun ends it at once, unless it was kept or made in spite of it.
    """
    here = person.away_at(now)
    if here is not None and (known is None or known.because != BACK):
        return ClaimEnd(here.starts, AWAY, told=True, stand_in=here.stand_in)
    found = person.claim_end(now)
    if known is None or found is None:
        return found
    same = (known.at, known.because) == (found.at, found.because)
    return amended(found, told=known.told, kept=known.kept) if same else found


def _cause(end: ClaimEnd) -> str:
    return f"claim end/{end.because}/{end.at.isoformat()}"
