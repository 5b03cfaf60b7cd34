"""Asking somebody at the client to approve, and what they said."""

from datetime import datetime

from tierline.domain import offers, waiting
from tierline.domain.amend import amended
from tierline.domain.approval import Approval
from tierline.domain.commands import AnswerApproval, AskApproval, Rejected
from tierline.domain.draft import Draft
from tierline.domain.events import TIME, ApprovalAnswered
from tierline.domain.handlers.asked import Asked, missing, not_active, not_ahead, not_yours, refuse
from tierline.domain.handlers.holds import pause, paused
from tierline.domain.money import money
from tierline.domain.promises import approval_expiry, next_review
from tierline.domain.terms import Answer, HoldReason
from tierline.domain.ticket import Ticket

CONTACT = "contact"
"""The kind of actor who answers by the link in the mail: somebody at the client."""


def ask(draft: Draft, command: AskApproval, asked: Asked) -> Rejected | None:
    """Pause until the approver has answered, or the question has expired."""
    ticket = draft.ticket
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    for name, text in (("asked", command.asked), ("approver", command.approver)):
        if refused := missing(text, name, ticket):
            return refused
    for name, instant in (("expires_at", command.expires_at), ("chase_at", command.chase_at)):
        if instant is not None and (refused := not_ahead(instant, name, draft)):
            return refused
    if refused := _beyond(draft, command):
        return refused
    approval = Approval(
        id=draft.next_seq,
        approver=command.approver,
        email=command.email,
        asked=command.asked,
        asked_by=asked.login,
        asked_at=draft.now,
        expires_at=command.expires_at or approval_expiry(draft),
        amount=command.amount,
        per_hour=command.per_hour,
        currency=draft.policy.currency if command.amount is not None else "",
    )
    hold = paused(
        draft,
        HoldReason.APPROVAL,
        asked=command.asked,
        of=command.approver,
        chase_at=command.chase_at,
        until=approval.expires_at,
    )
    limit = command.limit
    pause(draft, hold, asked, approval=approval, price=approval.price, limit=limit)
    return None


def _beyond(draft: Draft, command: AskApproval) -> Rejected | None:
    """A refusal of an amount that makes no sense, or is more than the approver may approve."""
    amount, limit = command.amount, command.limit
    if amount is not None and amount < 0:
        return refuse("out_of_range", "amount must be 0 or more, in minor units", draft.ticket)
    if amount is None or limit is None or amount <= limit:
        return None
    currency = draft.policy.currency
    return refuse(
        "over_limit",
        f"amount: {command.approver} may approve up to {money(limit, currency)}; ask somebody who"
        f" may approve {money(amount, currency)}",
        draft.ticket,
    )


def answer(draft: Draft, command: AnswerApproval, asked: Asked) -> Rejected | None:
    """What the approver said: by the link in their mail, or as one of us heard it."""
    ticket, approval = draft.ticket, draft.ticket.open_approval
    by_link = asked.by.kind == CONTACT
    if approval is None or (by_link and command.id != approval.id):
        return refuse("no_approval", _closed(ticket), ticket)
    if not by_link and (refused := missing(command.evidence, "evidence", ticket)):
        return refused
    said = amended(
        approval,
        answer=command.answer,
        answered_at=draft.now,
        word=command.word,
        evidence=command.evidence,
    )
    rule = "answered by link" if by_link else "answer recorded"
    _answered(draft, said, draft.now, asked, rule)
    return None


def _closed(ticket: Ticket) -> str:
    past = ticket.approval
    if past is None or past.answer is None:
        return "nothing is asked of an approver any more"
    return f"{past.approver} was asked, and the answer was: {past.answer}"


def unanswered(draft: Draft, due: datetime, at: datetime) -> None:
    """The question has expired: the work goes on without an answer."""
    approval = draft.ticket.open_approval
    if approval is None:  # pragma: no cover - time offers it only with an open one
        return
    said = amended(approval, answer=Answer.UNANSWERED, answered_at=at)
    _answered(draft, said, at, None, "approval expired", due)


def _answered(
    draft: Draft,
    said: Approval,
    at: datetime,
    asked: Asked | None,
    rule: str,
    due: datetime | None = None,
) -> None:
    ticket = draft.ticket
    group = draft.policy.groups.get(ticket.group)
    cause = asked.cause if asked else f"approval/{said.id}/expired"
    why = draft.why(
        rule,
        approver=said.approver,
        price=said.price,
        asked_at=said.asked_at.isoformat(),
        **({"expired_at": due.isoformat()} if due else {}),
    )
    draft.emit(
        ApprovalAnswered(said),
        at=at,
        by=asked.by if asked else TIME,
        why=why,
        cause=cause,
        changed=offers.accepted(draft, said, at),
        review_at=next_review(group, at, unclaimed=not ticket.owner),
    )
    waiting.begin(draft, at, cause)
