"""Writing the root cause analysis, and saying that it is complete."""

import re
from typing import Final

from tierline.domain.commands import Rejected
from tierline.domain.correction import RcaDone, RcaWritten
from tierline.domain.draft import Draft
from tierline.domain.handlers.asked import Asked, refuse
from tierline.domain.oversight_commands import WriteRca
from tierline.domain.rca import CAUSES_MAX, COMMENTS_MAX
from tierline.domain.terms import TicketType
from tierline.domain.ticket import Ticket
from tierline.domain.unfinished import close_if_that_was_all

_PLACE: Final = re.compile(r"[0-9]{1,19}/[0-9]{1,10}")


def write(draft: Draft, command: WriteRca, asked: Asked) -> Rejected | None:
    """Write on it; with `done` it must have causes, and an action that is about them."""
    ticket, at = draft.ticket, draft.now
    if refused := _misplaced(ticket) or _badly_written(ticket, command):
        return refused
    wrote = RcaWritten(command.summary, command.causes, command.comments)
    causes = _causes(ticket, command)
    if command.done and not (causes and ticket.actions):
        return refuse("missing", "done: it needs at least one cause and one action", ticket)
    if wrote != RcaWritten():
        why = draft.why("rca written", causes=len(causes))
        draft.emit(wrote, at=at, by=asked.by, why=why, cause=asked.cause)
    elif not command.done:
        return refuse("missing", "summary, causes or comments: write at least one", ticket)
    if command.done:
        why = draft.why("rca done", due=str(ticket.rca and ticket.rca.due))
        done = RcaDone(causes, len(ticket.actions))
        draft.emit(done, at=at, by=asked.by, why=why, cause=asked.cause)
        close_if_that_was_all(draft, at, asked.by, asked.cause)
    return None


def _causes(ticket: Ticket, command: WriteRca) -> tuple[str, ...]:
    """The causes as they are after the command."""
    if command.causes is not None:
        return command.causes
    return () if ticket.rca is None else ticket.rca.causes


def _misplaced(ticket: Ticket) -> Rejected | None:
    if not ticket.open:
        return refuse("closed", "the ticket is closed; reopen it first", ticket)
    rca = ticket.rca
    if rca is not None and rca.done_at is not None:
        return refuse("rca_over", "the analysis is complete: write a note", ticket)
    if rca is not None and rca.held_by:
        return refuse("held_elsewhere", f"it is written on problem {rca.held_by}", ticket)
    if (rca is None or rca.on_problem) and ticket.type is not TicketType.PROBLEM:
        return refuse("no_rca", "an analysis is written on a problem: link it to one", ticket)
    return None


def _badly_written(ticket: Ticket, command: WriteRca) -> Rejected | None:
    causes = command.causes or ()
    if len(causes) > CAUSES_MAX or any(not cause.strip() for cause in causes):
        return refuse("invalid", f"causes: at most {CAUSES_MAX}, each in words", ticket)
    before = ticket.rca.comments if ticket.rca is not None else {}
    kept = [text for text in {**before, **command.comments}.values() if text.strip()]
    if len(kept) > COMMENTS_MAX:
        return refuse("invalid", f"comments: at most {COMMENTS_MAX} entries have one", ticket)
    odd = [place for place in command.comments if not _PLACE.fullmatch(place)]
    if odd:
        return refuse("invalid", "comments: name each entry by ticket/seq, like 1042/7", ticket)
    return None
