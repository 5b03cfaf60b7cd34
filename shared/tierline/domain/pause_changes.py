"""What an event of a pause changes in its ticket (part of `evolve`)."""

from datetime import timedelta

from tierline.domain.changes import (
    Changes,
    asked_of_approver,
    booked_still,
    is_call_out,
    touch_of,
)
from tierline.domain.events import ApprovalAnswered, Event, Held, Resumed
from tierline.domain.terms import State
from tierline.domain.ticket import Ticket


def held(ticket: Ticket, event: Event, what: Held) -> Changes:
    """It is paused, or paused for another reason."""
    return {
        "hold": what.hold,
        "state": State.ON_HOLD,
        "page": None,
        "offer": None,
        "approval": asked_of_approver(ticket, what),
        "booking": what.booking or ticket.booking,
        **touch_of(event),
    }


def resumed(ticket: Ticket, event: Event, _what: Resumed) -> Changes:
    """Work goes on."""
    return {
        "hold": None,
        "state": at_work(ticket.owner),
        "booking": booked_still(ticket, event),
        **held_so_far(ticket, event),
    }


def answered(ticket: Ticket, event: Event, what: ApprovalAnswered) -> Changes:
    """Work goes on with an answer; approved to go on at once, it is called out."""
    return {
        "hold": None,
        "state": at_work(ticket.owner),
        "approval": what.approval,
        "called_out": event.at if is_call_out(what.approval) else ticket.called_out,
        **held_so_far(ticket, event),
    }


def at_work(owner: str) -> State:
    """The state of an open ticket that is not on hold."""
    return State.WORKING if owner else State.QUEUED


def held_so_far(ticket: Ticket, event: Event) -> Changes:
    """The pause that this event ends, added to those before; nothing where there is none."""
    if ticket.hold is None:
        return {}
    span = event.at - ticket.hold.began
    return {"held_us": ticket.held_us + span // timedelta(microseconds=1)}
