"""Sentences about pauses: what a ticket waits for, what approvers said, that it goes on."""

from tierline.domain import events as e
from tierline.domain.approval import Approval
from tierline.domain.terms import Answer, HoldReason
from tierline.messages.phrases import Said, because, quote

_WAITING = {
    HoldReason.CLIENT: "waiting for the client",
    HoldReason.VENDOR: "waiting for the vendor",
    HoldReason.SCHEDULED: "scheduled for later",
    HoldReason.APPROVAL: "waiting for approval",
    HoldReason.CHANGE: "waiting for a change window",
}


def held(said: Said, what: e.Held) -> str:
    """It was paused, or an approver was asked."""
    hold = what.hold
    if what.approval is not None:
        return _asked_approver(said, what.approval)
    if what.booking is not None:
        end = f" to {said.when(what.booking.end)}" if what.booking.end else ""
        start = said.when(what.booking.start)
        return f"{said.by} scheduled it for {start}{end}{because(hold.asked)}"
    whom = f" ({hold.of})" if hold.of else ""
    until = f" until {said.when(hold.until)}" if hold.until else ""
    verb = "put it on hold" if what.was is None else "changed the hold"
    return f"{said.by} {verb}, {_WAITING[hold.reason]}{whom}{until}{because(hold.asked)}"


def _asked_approver(said: Said, approval: Approval) -> str:
    price = f" {approval.price}" if approval.price else ""
    until = said.when(approval.expires_at)
    return (
        f"{said.by} asked {approval.approver} to approve{price} until {until}"
        f"{because(approval.asked)}"
    )


_ANSWERED = {
    Answer.APPROVED: "approved it",
    Answer.REFUSED: "refused it",
    Answer.UNANSWERED: "did not answer in time",
}


def approval_answered(said: Said, what: e.ApprovalAnswered) -> str:
    """What the approver said, and how we know."""
    one = what.approval
    answered = _ANSWERED[one.answer] if one.answer else ""
    word = because(one.word)
    if one.evidence:
        return f"{said.by} recorded that {one.approver} {answered}{word} ({quote(one.evidence)})"
    return f"{one.approver} {answered}{word}"


def resumed(said: Said, what: e.Resumed) -> str:
    """Work goes on."""
    if said.by_time:
        return f"the hold ended{because(what.because)}"
    return f"{said.by} took it off hold{because(what.because)}"
