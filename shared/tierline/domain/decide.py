"""The one door: `decide` judges a command against a ticket and says which events it makes.

No command overtakes time: what is due is taken first, whether or not the command is then accepted,
and again afterwards, so that no decision ends with something due at or before its `now`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tierline.domain import offers, waiting
from tierline.domain.advance import pass_time
from tierline.domain.commands import (
    AcceptOffer,
    AcceptProposal,
    AddChild,
    AnswerApproval,
    AnswerSurvey,
    AskApproval,
    Asker,
    Attach,
    CallProblem,
    Claim,
    Close,
    CloseVendorCase,
    Command,
    Confirm,
    CountIncident,
    DeclareMajor,
    DeclineOffer,
    DeclineProposal,
    DropChild,
    EndUnder,
    FlowReopening,
    FlowResolution,
    FlowUpdate,
    GivePacket,
    GiveWorkaround,
    HandOver,
    JoinMajor,
    KeepClaim,
    LeaveMajor,
    LinkProblem,
    MakePlan,
    Move,
    MoveTerms,
    Note,
    NoteAbsence,
    Open,
    OpenVendorCase,
    Prioritise,
    PutOnHold,
    Recover,
    RefusePlan,
    Reject,
    Rejected,
    Release,
    Reopen,
    Resolve,
    Resume,
    Retype,
    StateCause,
    TellSolved,
    UpdateVendorCase,
)
from tierline.domain.delaying import let_in, lets_in
from tierline.domain.draft import Draft
from tierline.domain.events import Event
from tierline.domain.floor import Floor
from tierline.domain.handlers import (
    alerts,
    approvals,
    assigning,
    correcting,
    ends,
    holds,
    majors,
    moves,
    overseeing,
    owning,
    priority,
    problems,
    restricting,
    surveys,
    terms,
    types,
    vendors,
)
from tierline.domain.handlers.asked import Asked
from tierline.domain.opening import open_ticket
from tierline.domain.policy import Policy
from tierline.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of a command: the ticket after it, its new events, and the refusal if refused.

    A refused command may still carry events: those of the time that had passed.
    """

    ticket: Ticket
    events: tuple[Event, ...]
    rejected: Rejected | None = None


_Handler = Callable[[Draft, Any, Asked], Rejected | None]

_HANDLERS: dict[type, _Handler] = {
    Attach: alerts.attach,
    Recover: alerts.recover,
    Claim: owning.claim,
    AcceptOffer: assigning.accept_offer,
    DeclineOffer: assigning.decline_offer,
    KeepClaim: assigning.keep_claim,
    HandOver: assigning.hand_over,
    NoteAbsence: assigning.note_absence,
    Release: owning.release,
    Note: owning.note,
    MakePlan: owning.make_plan,
    Move: moves.move_by_hand,
    AcceptProposal: moves.accept_proposal,
    DeclineProposal: moves.decline_proposal,
    RefusePlan: owning.refuse_plan,
    GivePacket: moves.give_packet,
    OpenVendorCase: vendors.open_case,
    UpdateVendorCase: vendors.update_case,
    CloseVendorCase: vendors.close_case,
    PutOnHold: holds.put_on_hold,
    AskApproval: approvals.ask,
    AnswerApproval: approvals.answer,
    Resume: holds.resume,
    Prioritise: priority.prioritise,
    Resolve: ends.resolve_by_hand,
    Confirm: ends.confirm_by_hand,
    AnswerSurvey: surveys.answer,
    Retype: types.retype,
    Reject: ends.reject,
    Reopen: ends.reopen_by_hand,
    Close: ends.close,
    DeclareMajor: majors.declare,
    JoinMajor: majors.join,
    LeaveMajor: majors.leave,
    AddChild: majors.add_child,
    DropChild: majors.drop_child,
    FlowUpdate: majors.flow_update,
    FlowResolution: majors.flow_resolution,
    FlowReopening: majors.flow_reopening,
    EndUnder: majors.end_under,
    CallProblem: problems.call,
    LinkProblem: problems.link,
    CountIncident: problems.count_incident,
    StateCause: problems.state_cause,
    GiveWorkaround: problems.give_workaround,
    TellSolved: problems.tell_solved,
    MoveTerms: terms.move_terms,
    **overseeing.HANDLERS,
    **correcting.HANDLERS,
    **restricting.HANDLERS,
}


def decide(
    ticket: Ticket,
    command: Command,
    asker: Asker,
    policy: Policy,
    floor: Floor,
    now: datetime,
    *,
    cause: str = "",
) -> Decision:
    """Judge `command` of `asker` at `now` (UTC policy time, not below the last recorded instant).

    `cause` is the identity of what brought it: an alert's id, a command's key.
    """
    draft = Draft(policy, floor, max(now, ticket.recorded_at), ticket)
    pass_time(draft)
    before, told = draft.ticket, len(draft.events)
    if let := lets_in(draft, command):
        let_in(draft, draft.now, asker.actor, cause)
    refused = _HANDLERS[type(command)](draft, command, Asked(asker, cause))
    if refused is None:
        if let:
            waiting.begin(draft, draft.now, cause)
        pass_time(draft)
    else:
        draft.ticket, draft.events = before, draft.events[:told]
    return Decision(draft.ticket, tuple(draft.events), refused)


def decide_open(
    command: Open, asker: Asker, policy: Policy, floor: Floor, now: datetime, *, cause: str = ""
) -> Decision:
    """Open a ticket at `now`; its promises count from the command's `accepted_at`."""
    draft = open_ticket(command, asker, policy, floor, now, cause)
    pass_time(draft)
    if not offers.make(draft, command.approvers, cause):
        waiting.begin(draft, draft.now, cause)
    pass_time(draft)
    return Decision(draft.ticket, tuple(draft.events))
