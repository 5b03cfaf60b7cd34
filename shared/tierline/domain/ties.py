"""What the events between tickets change in the one they stand on."""

from typing import Final

from tierline.domain.amend import amended
from tierline.domain.changes import Changes, touch_of
from tierline.domain.events import (
    CauseFound,
    ChildJoined,
    ChildLeft,
    Event,
    IncidentLinked,
    MajorDeclared,
    MajorJoined,
    MajorLeft,
    ProblemCalled,
    ProblemLinked,
    ProblemSolved,
    WorkaroundGiven,
)
from tierline.domain.ticket import Child, Finding, Leftover, Major, Ticket, Under

TICKETS_KEPT: Final = 500
"""The newest tickets that a problem keeps by their numbers; the older ones are only counted."""


def declared(_ticket: Ticket, event: Event, _what: MajorDeclared) -> Changes:
    """It is a major incident."""
    return {"major": Major(event.at), **touch_of(event)}


def joined(ticket: Ticket, event: Event, what: MajorJoined) -> Changes:
    """It is worked under another: nobody is woken for it, asked to take it, or to choose."""
    proposal = ticket.proposal
    return {
        "under": Under(what.parent, event.at),
        "page": None,
        "offer": None,
        "packet_due": None,
        "proposal": None if proposal is None else amended(proposal, decide_by=None),
    }


def left(_ticket: Ticket, _event: Event, _what: MajorLeft) -> Changes:
    """It is worked by itself."""
    return {"under": None}


def child_joined(ticket: Ticket, event: Event, what: ChildJoined) -> Changes:
    """One more is under it; it is no leftover any more."""
    if ticket.major is None:
        return {}
    major = ticket.major
    return {
        "major": amended(
            major,
            children=(*major.children, Child(what.child, event.seq)),
            leftovers=tuple(one for one in major.leftovers if one.ticket != what.child),
        )
    }


def child_left(ticket: Ticket, _event: Event, what: ChildLeft) -> Changes:
    """One less is under it; what was not helped stays listed."""
    major = ticket.major
    if major is None or what.declined:
        return {}
    leftovers = major.leftovers
    if what.leftover:
        leftovers = (*leftovers, Leftover(what.child, what.because))
    children = tuple(child for child in major.children if child.ticket != what.child)
    return {"major": amended(major, children=children, leftovers=leftovers)}


def called(_ticket: Ticket, event: Event, _what: ProblemCalled) -> Changes:
    """Somebody, or the third time, asked for a problem."""
    return dict(touch_of(event))


def linked(_ticket: Ticket, _event: Event, what: ProblemLinked) -> Changes:
    """What is behind it."""
    return {"problem": what.problem}


def incident_linked(ticket: Ticket, event: Event, what: IncidentLinked) -> Changes:
    """One more that the problem is behind, or one less."""
    finding = ticket.finding or Finding()
    others = tuple(number for number in finding.tickets if number != what.incident)
    if what.gone:
        return {"finding": amended(finding, tickets=others, count=max(0, finding.count - 1))}
    tickets = (*others, what.incident)[-TICKETS_KEPT:]
    found = amended(finding, tickets=tickets, count=finding.count + 1, last_at=event.at)
    return {"finding": found}


def cause_found(ticket: Ticket, _event: Event, what: CauseFound) -> Changes:
    """What is behind it all."""
    return {"finding": amended(ticket.finding or Finding(), cause=what.cause)}


def workaround_given(ticket: Ticket, _event: Event, what: WorkaroundGiven) -> Changes:
    """What helps meanwhile."""
    return {"finding": amended(ticket.finding or Finding(), workaround=what.workaround)}


def solved(_ticket: Ticket, _event: Event, _what: ProblemSolved) -> Changes:
    """Its owner knows that the cause is gone."""
    return {}
