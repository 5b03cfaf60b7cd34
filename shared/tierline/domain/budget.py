"""A tier's limit held against what the client's promise leaves.

A tier that may keep a ticket longer than the client was promised is how a promise is broken while
every internal clock is green. Both are instants: the tier's limit on the group's hours, and the
resolution's due on the client's cover.
"""

from datetime import datetime
from typing import Final

from tierline.domain.business_time import add_each, open_us_between
from tierline.domain.clock import MICROSECOND
from tierline.domain.draft import Draft
from tierline.domain.passing import is_for
from tierline.domain.policy import Group, Path, Step, rank
from tierline.domain.serving import step_after
from tierline.domain.terms import ClockName, OverBudget

SHORT: Final = "short"
COMPRESSED: Final = "compressed"

LEAST_S: Final = 600
"""No limit is cut below this many seconds: nobody reads a ticket in less."""

_SECOND_US: Final = 1_000_000


def promised_end(draft: Draft) -> datetime | None:
    """When the work is promised to be done (UTC); None while that clock stands or is not owed."""
    for name in (ClockName.RESOLVE, ClockName.FULFIL):
        clock = draft.clock(name)
        if clock is not None and not clock.over:
            return clock.due
    return None


def too_long(draft: Draft, limit_ends: datetime | None, at: datetime) -> bool:
    """Whether a tier's limit that ends at `limit_ends` reaches beyond the client's promise.

    A promise that is broken already, or stands still, leaves nothing to hold it against.
    """
    due = promised_end(draft)
    return due is not None and limit_ends is not None and at < due < limit_ends


def left_s(draft: Draft, group: Group, at: datetime) -> int | None:
    """Open seconds of `group` from `at` to the client's promise; None where there is none."""
    due = promised_end(draft)
    return None if due is None else open_us_between(group.hours, at, due) // _SECOND_US


def compressed_s(draft: Draft, group: Group, step: Step, limit_s: int, at: datetime) -> int:
    """The part of what is left that falls to `step`, in proportion to all limits still ahead.

    Seconds; never more than `limit_s`, nor less than LEAST_S.
    """
    left = left_s(draft, group, at)
    path = draft.policy.paths.get(draft.ticket.path)
    if left is None or path is None:
        return limit_s
    part = left * limit_s // max(1, _limits_ahead_s(draft, path, step, group))
    return min(limit_s, max(LEAST_S, part))


def to_skip(draft: Draft, path: Path, step: Step, group: Group, at: datetime) -> bool:
    """Whether `step` is left out: its limit is longer than the promise leaves, and it says skip."""
    if step.over_budget is not OverBudget.SKIP or step.limit is None:
        return False
    if step_after(draft.policy, path, step.tier, draft.ticket, draft.floor.partners) is None:
        return False
    limit_us = step.limit.on(group.hours) * _SECOND_US
    (ends,) = add_each(group.hours, at, [limit_us * MICROSECOND])
    return too_long(draft, ends, at)


def _limits_ahead_s(draft: Draft, path: Path, step: Step, group: Group) -> int:
    """Seconds of the limits of `step` and of every later step that time may go to."""
    tiers, here = draft.policy.tiers, rank(draft.policy.tiers, step.tier)
    return sum(
        each.limit.on(group.hours)
        for each in path.steps
        if each.limit is not None
        and not each.by_hand
        and rank(tiers, each.tier) >= here
        and (each is step or is_for(each.when, draft.ticket))
    )
