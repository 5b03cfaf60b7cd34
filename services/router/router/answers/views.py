"""What whoever has a link sees: the question and nothing else of the ticket."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tierline.domain.approval import Approval
from tierline.domain.surveys import OPEN_FOR
from tierline.domain.ticket import Ticket

WITHDRAWN = "withdrawn"
OPEN = "open"


def approval_view(
    ticket: Ticket, seq: int, now: datetime, names: Mapping[str, str]
) -> dict[str, Any] | None:
    """The question that event `seq` asked; None where it asked none, or a later one did.

    Args:
        ticket: whose.
        seq: of the event.
        now: UTC policy time.
        names: of our people by login.
    """
    asked = ticket.approval
    if asked is None or asked.id != seq:
        return None
    return {
        "purpose": "approval",
        "ticket": ticket.id,
        "title": ticket.title,
        "client": ticket.client,
        "asked": asked.asked,
        "of": asked.approver,
        "asked_by": names.get(asked.asked_by, asked.asked_by),
        "asked_at": asked.asked_at,
        "expires_at": asked.expires_at,
        "price": asked.price,
        "amount": asked.amount,
        "per_hour": asked.per_hour,
        "currency": asked.currency,
        "state": _state(ticket, asked),
        "word": asked.word,
        "now": now,
    }


def survey_view(ticket: Ticket, seq: int, now: datetime) -> dict[str, Any] | None:
    """How it was, as event `seq` asked; None where it asked nothing, or a later one did."""
    survey = ticket.survey
    if survey is None or survey.id != seq:
        return None
    state = "answered" if survey.score is not None else OPEN
    if state == OPEN and now - survey.asked_at > OPEN_FOR:
        state = "expired"
    return {
        "purpose": "survey",
        "ticket": ticket.id,
        "title": ticket.title,
        "client": ticket.client,
        "of": ticket.requester.name,
        "asked_at": survey.asked_at,
        "expires_at": survey.asked_at + OPEN_FOR,
        "state": state,
        "score": survey.score,
        "word": survey.word,
        "now": now,
    }


def _state(ticket: Ticket, asked: Approval) -> str:
    """`open`, what was answered, or that it is not asked any more."""
    if asked.answer is not None:
        return asked.answer.value
    return OPEN if ticket.open_approval is not None else WITHDRAWN
