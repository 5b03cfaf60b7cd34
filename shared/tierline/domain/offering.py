"""Offers: in a group that pushes its tickets, one person at a time is asked to take each.

A round goes through who is in and has room, and begins where the ticket comes to wait in the queue
of a staffed group, or at that group's next opening. Whoever claims the ticket meanwhile has it.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from tierline.domain.assignment import NotOffered, Offered, OfferLapsed
from tierline.domain.business_time import add, is_open
from tierline.domain.choosing import Choice, choose
from tierline.domain.draft import Draft
from tierline.domain.events import TIME
from tierline.domain.people import opening_after
from tierline.domain.policy import Group
from tierline.domain.terms import Assign, Mode
from tierline.domain.ticket import Offer

OFFER_FOR: Final = timedelta(minutes=5)
"""Staffed time of the group that who is asked has to answer."""

_US: Final = timedelta(microseconds=1)


def begin(
    draft: Draft, at: datetime, cause: str, *, without: str = "", first_asked: str = ""
) -> None:
    """Begin a round for a ticket that has come to wait in a queue, where its group pushes.

    Args:
        draft: of the ticket.
        at: when it came (UTC).
        cause: what brought it there.
        without: who is not asked in this round, since they have just given it back.
        first_asked: who is asked first, if they can be: a stand-in.
    """
    ticket, group = draft.ticket, _pushing(draft)
    if group is None or not ticket.wants_owner or ticket.offer is not None:
        return
    tried = (without,) if without else ()
    if draft.floor.staffed(group, at):
        _ask_next(draft, group, at, cause, tried, first_asked)
    else:
        _say_nobody(draft, at, cause, f"{group.name} is closed", group, tried=tried)


def go_on(draft: Draft, at: datetime) -> None:
    """The time of who is asked is over, or a round's has come: ask the next one, if any."""
    ticket = draft.ticket
    offer = ticket.offer
    if offer is None:  # pragma: no cover - time offers it only with an offer
        return
    due = offer.until or offer.again_at
    cause = f"offer/{ticket.stay}/{due.isoformat() if due else ''}"
    if offer.to:
        why = draft.why("offer not answered", to=offer.to, group=ticket.group)
        draft.emit(OfferLapsed(offer.to), at=at, by=TIME, why=why, cause=cause)
    ask_next(draft, at, cause)


def ask_next(draft: Draft, at: datetime, cause: str) -> None:
    """Ask the next one of the round, or say that nobody can be asked."""
    offer, group = draft.ticket.offer or Offer(), _pushing(draft)
    if group is None:
        _say_nobody(draft, at, cause, f"{draft.ticket.group} lets its people claim", None)
        return
    anew = offer.again_at is not None and _opens(group, offer.again_at)
    _ask_next(draft, group, at, cause, () if anew else offer.tried)


def _opens(group: Group, at: datetime) -> bool:
    return is_open(group.hours, at) and not is_open(group.hours, at - _US)


def _pushing(draft: Draft) -> Group | None:
    """The ticket's group, if it offers its tickets to its people and somebody would be told."""
    group = draft.policy.groups.get(draft.ticket.group)
    silent = draft.ticket.mode is Mode.WATCH
    return None if group is None or silent or group.assign is Assign.CLAIM else group


def _ask_next(
    draft: Draft,
    group: Group,
    at: datetime,
    cause: str,
    tried: tuple[str, ...],
    first_asked: str = "",
) -> None:
    choice = _chosen(draft, group, at, tried, first_asked)
    until = add(group.hours, at, OFFER_FOR)
    if not choice.to or until is None:
        values = {"passed": dict(choice.passed)}
        _say_nobody(draft, at, cause, choice.reason, group, tried=tried, **values)
        return
    why = draft.why(
        f"assign: {group.assign}",
        chosen=choice.reason,
        able=list(choice.able),
        passed=dict(choice.passed),
        floor=draft.floor.seen(group, at),
    )
    what = Offered(choice.to, until, choice.reason, tried)
    draft.emit(what, at=at, by=TIME, why=why, cause=cause)


def _chosen(
    draft: Draft, group: Group, at: datetime, tried: tuple[str, ...], first_asked: str
) -> Choice:
    choice = choose(group, draft.ticket, draft.floor, at, tried)
    if first_asked and first_asked != choice.to and choice.passed.get(first_asked) == "not first":
        passed = {name: why for name, why in choice.passed.items() if name != first_asked}
        passed[choice.to] = "not first"
        return Choice(first_asked, "stands in for who had it", passed, choice.able)
    return choice


def _say_nobody(
    draft: Draft,
    at: datetime,
    cause: str,
    because: str,
    group: Group | None,
    *,
    tried: tuple[str, ...] = (),
    **values: Any,
) -> None:
    """It waits to be claimed. The lead hears of it once a stay, but not that it is night."""
    offer = draft.ticket.offer
    told = offer is not None and offer.lead_told
    staffed = group is not None and draft.floor.staffed(group, at)
    again_at = None if group is None else _again(draft, group, at, tried)
    why = draft.why("nobody to offer it to", group=draft.ticket.group, **values)
    what = NotOffered(because, again_at, tried, tell_lead=staffed and not told)
    draft.emit(what, at=at, by=TIME, why=why, cause=cause)


def _again(draft: Draft, group: Group, at: datetime, tried: tuple[str, ...]) -> datetime | None:
    """When somebody may come who can be asked: the group's opening, or a member's shift in it."""
    opening = opening_after(group.hours, at)
    others = (login for login in group.members if login not in tried)
    starts = [draft.floor.person(login).next_start(at) for login in others]
    able = [start for start in starts if start is not None and is_open(group.hours, start)]
    return min([*able, *([opening] if opening else [])], default=None)
