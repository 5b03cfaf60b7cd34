"""What there is to teach: resolved tickets that the tier below could have done, or that recur."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

TAUGHT: Final = ("access", "guide", "training")
"""Answers to "could the tier below have done it?" that make an item."""

RECURS_FROM: Final = 3
"""So many escalated tickets that are alike want a guide, whatever was answered."""

ALIKE_FROM: Final = 0.5
"""Titles with so much in common are alike: shared words by all words."""

_WORD: Final = re.compile(r"[a-z0-9][a-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket that people resolved.

    Attributes:
        seq: the event that resolved it.
        at: when it was resolved (UTC).
        came_from: the tier that had handed it up; empty where none had.
        answer: could the tier below have done it? no, access, guide, training; empty: not asked.
        text: the resolution.
    """

    ticket: int
    seq: int
    at: datetime
    client: str
    category: str
    host: str
    title: str
    came_from: str
    answer: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something to teach.

    Attributes:
        case: the ticket it comes from.
        kind: access, guide or training.
        by_recurrence: nobody said so, but tickets like it come again and again.
        like: other tickets of the window that are alike, the newest first.
    """

    case: Case
    kind: str
    by_recurrence: bool
    like: tuple[int, ...]


def words_of(title: str) -> frozenset[str]:
    """The words of a title that tell it apart: without marks and plain numbers."""
    return frozenset(word for word in _WORD.findall(title.lower()) if not word.isdigit())


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two titles say much the same."""
    whole = len(one | other)
    return bool(whole) and len(one & other) / whole >= ALIKE_FROM


def items_of(cases: Iterable[Case], judged_max: int) -> tuple[Item, ...]:
    """The items in a window of cases, the newest first.

    Args:
        cases: everything that people resolved in the window.
        judged_max: how many of the escalated ones are judged, the newest.
    """
    window = sorted(cases, key=lambda case: (case.at, case.ticket, case.seq), reverse=True)
    words = [words_of(case.title) for case in window]
    escalated = [place for place, case in enumerate(window) if case.came_from]
    found, covered = list[Item](), set[int]()
    for place in escalated[:judged_max]:
        case = window[place]
        like = [n for n in range(len(window)) if n != place and _same(window, words, place, n)]
        numbers = tuple(dict.fromkeys(window[n].ticket for n in like))
        if case.answer in TAUGHT:
            found.append(Item(case, case.answer, by_recurrence=False, like=numbers))
            continue
        climbed = [n for n in like if window[n].came_from]
        taught = any(window[n].answer in TAUGHT for n in climbed)
        if len(climbed) + 1 >= RECURS_FROM and place not in covered and not taught:
            found.append(Item(case, "guide", by_recurrence=True, like=numbers))
            covered.update(climbed)  # one item stands for all that are alike
    return tuple(found)


def _same(window: Sequence[Case], words: Sequence[frozenset[str]], a: int, b: int) -> bool:
    """Whether two cases are of one client, category or device, and their titles alike."""
    one, other = window[a], window[b]
    near = (
        one.client == other.client
        or (one.category != "" and one.category == other.category)
        or (one.host != "" and one.host == other.host)
    )
    return near and alike(words[a], words[b])
