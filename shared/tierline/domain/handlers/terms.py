"""Moving the promises of a ticket to the terms of the policy in force: an act, never by itself."""

from tierline.domain.commands import MoveTerms, Rejected
from tierline.domain.draft import Draft
from tierline.domain.events import TermsMoved
from tierline.domain.handlers.asked import Asked, missing, not_active, refuse
from tierline.domain.new_terms import clocks_moved


def move_terms(draft: Draft, command: MoveTerms, asked: Asked) -> Rejected | None:
    """By a lead, with a reason; refused (`same_terms`) where nothing would change."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or missing(command.reason, "reason", ticket):
        return refused
    if not asked.asker.leads:
        return refuse("lead_decides", "moving promises to new terms is the lead's", ticket)
    changed = clocks_moved(draft, at)
    if not changed:
        return refuse("same_terms", "its promises are those of the policy already", ticket)
    before = [ticket.clocks.get(clock.name) for clock in changed]
    what = TermsMoved(
        from_policies=tuple(sorted({clock.policy for clock in before if clock is not None})),
        to_policy=draft.policy.version,
        reason=command.reason,
        dues={
            clock.name.value: (was.due if was else None, clock.due)
            for was, clock in zip(before, changed, strict=True)
        },
    )
    why = draft.why(
        "terms moved",
        agreement=ticket.agreement,
        priority=ticket.priority,
        path=ticket.path,
        targets={clock.name.value: clock.target_s for clock in changed},
    )
    draft.emit(what, at=at, by=asked.by, why=why, cause=asked.cause, changed=changed)
    return None
