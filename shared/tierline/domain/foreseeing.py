"""What another version of the policy would mean for an open ticket, before anything changes.

Promises are pinned: they change only where the ticket is moved to the new terms. The next step, its
group and who is told are always the current ones, and change with the version itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tierline.domain.draft import Draft
from tierline.domain.floor import Floor
from tierline.domain.lapsing import next_target
from tierline.domain.new_terms import clocks_moved
from tierline.domain.policy import Policy
from tierline.domain.terms import CLIENT_CLOCKS
from tierline.domain.ticket import Ticket


class Fate(StrEnum):
    """What moving a ticket to the new terms would do to the client's promises."""

    BREACHED = "breached"
    LESS_TIME = "less time"
    MORE_TIME = "more time"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


Dues = Mapping[str, tuple[datetime | None, datetime | None]]
"""By clock, when it is due (UTC) now and under the new terms; None where it is not due at all."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One ticket under a new version.

    Attributes:
        fate: what moving it would do; `breached` before all else, then less time, then more.
        dues: of the clocks that moving it would change, limits of the stay included.
        next_before: the tier and group time would take it to now; empty at the end of its path.
        next_after: the same under the new version, moved or not.
    """

    ticket: int
    fate: Fate
    dues: Dues
    next_before: str
    next_after: str


def foresee(ticket: Ticket, old: Policy, new: Policy, floor: Floor, now: datetime) -> Foreseen:
    """Say what `new`, in place of `old`, would mean for `ticket` at `now` (UTC).

    Args:
        ticket: as it is; what has become due and was not taken yet is not looked at.
        old: the version in force.
        new: the other one, which knows the calendars of `old`.
        floor: who is staffed, for the choice of the next group.
        now: the instant.
    """
    draft = Draft(new, floor, now, ticket)
    changed = clocks_moved(draft, now) if ticket.active else []
    dues = {}
    for clock in changed:
        before = ticket.clocks.get(clock.name)
        dues[clock.name.value] = (before.due if before else None, clock.due)
    promises = {name: due for name, due in dues.items() if name in CLIENT_CLOCKS}
    return Foreseen(
        ticket.id,
        _fate(promises, now) if dues else Fate.UNCHANGED,
        dues,
        _next(Draft(old, floor, now, ticket), now),
        _next(draft, now),
    )


def _fate(promises: Dues, now: datetime) -> Fate:
    both = [
        (old, new)
        for old, new in promises.values()
        if old is not None and new is not None and (old > now or new > now)
    ]
    if any(new <= now for _, new in both):
        return Fate.BREACHED
    if any(new < old for old, new in both):
        return Fate.LESS_TIME
    if any(new > old for old, new in both):
        return Fate.MORE_TIME
    return Fate.CHANGED


def _next(draft: Draft, at: datetime) -> str:
    target = next_target(draft, at) if draft.ticket.active else None
    return "" if target is None else f"{target.group.name} ({target.step.tier})"
