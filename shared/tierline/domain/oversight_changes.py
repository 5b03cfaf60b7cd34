"""What the events between a ticket and those who decide more change in it."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain.amend import amended
from tierline.domain.attention import PlanOwed, joined_by
from tierline.domain.changes import TOUCHED, Changes
from tierline.domain.events import Event
from tierline.domain.oversight import (
    ActionPlanMissed,
    BriefMissed,
    ComplexityStated,
    ManagementBriefed,
    ManagementCalled,
    Reallocated,
)
from tierline.domain.ticket import Ticket


def _called(ticket: Ticket, event: Event, what: ManagementCalled) -> Changes:
    """Who looks, what they are owed, and that this trigger is not said again in this cycle."""
    changed: Changes = {
        "called": (*ticket.called, what.trigger, *what.also),
        "attention": joined_by(
            ticket.attention, what.people, event.at, what.update_s, what.update_due
        ),
    }
    if what.plan_due is not None and ticket.plan_owed is None:
        changed["plan_owed"] = PlanOwed(what.trigger, what.plan_due)
    return changed


def _briefed(ticket: Ticket, _event: Event, what: ManagementBriefed) -> Changes:
    """They know: what was missed no longer counts."""
    if ticket.attention is None:
        return dict(TOUCHED)
    return {"attention": amended(ticket.attention, missed=0, next_due=what.next_due), **TOUCHED}


def _brief_missed(ticket: Ticket, _event: Event, what: BriefMissed) -> Changes:
    if ticket.attention is None:
        return {}
    attention = amended(ticket.attention, missed=what.missed, next_due=what.next_due)
    return {"attention": attention}


def _plan_missed(ticket: Ticket, _event: Event, _what: ActionPlanMissed) -> Changes:
    if ticket.plan_owed is None:
        return {}
    return {"plan_owed": amended(ticket.plan_owed, missed=True)}


def _complexity_stated(_ticket: Ticket, _event: Event, what: ComplexityStated) -> Changes:
    return {"complexity": what.text, **TOUCHED}


def _reallocated(ticket: Ticket, _event: Event, what: Reallocated) -> Changes:
    """Who stands beside the owner now, in the order they came."""
    here = [login for login in ticket.joined if login not in what.relieved]
    return {"joined": tuple(dict.fromkeys((*here, *what.joined))), **TOUCHED}


FOLD: Mapping[type, Callable[[Ticket, Event, Any], Changes]] = {
    ManagementCalled: _called,
    ManagementBriefed: _briefed,
    BriefMissed: _brief_missed,
    ActionPlanMissed: _plan_missed,
    ComplexityStated: _complexity_stated,
    Reallocated: _reallocated,
}
"""By type of event; part of the table of `evolve`."""
