"""The root cause analysis of a critical ticket: owed, written, done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tierline.domain.amend import amended

CAUSES_MAX: Final = 20
COMMENTS_MAX: Final = 200
"""Causes of one analysis, and entries of its timeline that somebody has commented."""


@dataclass(frozen=True, slots=True)
class Rca:
    """An analysis, as far as it is written; owed by `due` (UTC), None where nobody asks.

    `about`: the tickets it explains. `comments`: words beside an entry of the timeline, by
    `ticket/seq`. `next_chase`: when it is next asked for, None once it is done or held elsewhere;
    `chases`: how often since it was due. `on_problem`: it is to be written on a problem; `held_by`:
    on which one, 0 for none yet.
    """

    due: datetime | None
    since: datetime
    about: tuple[int, ...] = ()
    summary: str = ""
    causes: tuple[str, ...] = ()
    comments: Mapping[str, str] = field(default_factory=dict)
    next_chase: datetime | None = None
    chases: int = 0
    held_by: int = 0
    on_problem: bool = False
    done_at: datetime | None = None
    done_by: str = ""

    @property
    def owed(self) -> bool:
        """Whether it is still to be written, here."""
        return self.done_at is None and not self.held_by


def owed_of(rca: Rca | None) -> Rca | None:
    """The analysis, if it is still to be written where it stands."""
    return rca if rca is not None and rca.owed else None


def owed_on_problem(rca: Rca | None) -> Rca | None:
    """The analysis, if it is still to be handed to the problem on which it is written."""
    owed = owed_of(rca)
    return owed if owed is not None and owed.on_problem else None


def taken_over(before: Rca | None, new: Rca) -> Rca:
    """The analysis of a problem that also takes on `new`: one document about all those tickets.

    What is written already stays; it is owed by the earlier of the two dates. One that was
    complete, or had been handed on, is owed again, for the sake of those tickets alone.
    """
    new = amended(new, on_problem=False)
    if before is None:
        return new
    if not before.owed:
        over = {"due": None, "next_chase": None, "chases": 0, "held_by": 0}
        before = amended(before, **over, done_at=None, done_by="")
    dues = [rca.due for rca in (before, new) if rca.due is not None]
    chases = [rca.next_chase for rca in (before, new) if rca.next_chase is not None]
    return amended(
        before,
        due=min(dues, default=None),
        about=tuple(dict.fromkeys((*before.about, *new.about))),
        summary=before.summary or new.summary,
        causes=tuple(dict.fromkeys((*before.causes, *new.causes)))[:CAUSES_MAX],
        comments={**new.comments, **before.comments},
        next_chase=min(chases, default=None),
    )
