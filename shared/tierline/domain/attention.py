"""What management is owed of a ticket: a word now and then, and an action plan."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attention:
    """Management has been called: who looks, since when, and when they are owed a word (UTC).

    `every_s`: seconds of the cover between two words, 0 where none was asked for; `missed`: words
    they waited for in vain since the last one.
    """

    people: tuple[str, ...]
    since: datetime
    every_s: int = 0
    next_due: datetime | None = None
    missed: int = 0


@dataclass(frozen=True, slots=True)
class PlanOwed:
    """A trigger asks for an action plan by `due` (UTC); `missed`: that instant has passed."""

    trigger: str
    due: datetime
    missed: bool = False


def joined_by(
    before: Attention | None,
    people: tuple[str, ...],
    since: datetime,
    every_s: int,
    next_due: datetime | None,
) -> Attention:
    """The attention after a further call: everybody once, a word as often as the shorter asks.

    Args:
        before: as it was; None where nobody had been called.
        people: logins that this call adds.
        since: when it was (UTC).
        every_s: how often it asks for a word, 0 for never.
        next_due: when the first one is due (UTC); None for never.
    """
    if before is None:
        return Attention(people, since, every_s, next_due)
    dues = [due for due in (before.next_due, next_due) if due is not None]
    everies = [every for every in (before.every_s, every_s) if every]
    return Attention(
        tuple(dict.fromkeys((*before.people, *people))),
        before.since,
        min(everies, default=0),
        min(dues, default=None),
        before.missed,
    )
