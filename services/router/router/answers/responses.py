"""Questions to people outside, as their links show them."""

from datetime import datetime
from typing import Literal

from router.responses.base import Shown
from tierline.domain.terms import Score


class HowWasIt(Shown):
    """A requester is asked how it was; `score` null while nobody has answered."""

    purpose: Literal["survey"]
    ticket: int
    title: str
    client: str
    of: str
    asked_at: datetime
    expires_at: datetime
    state: Literal["open", "answered", "expired"]
    score: Score | None
    word: str
    now: datetime


class Question(Shown):
    """What is asked by a link: of whom, by whom, until when; `state` says whether it is open."""

    purpose: Literal["approval"]
    ticket: int
    title: str
    client: str
    asked: str
    of: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    price: str
    amount: int | None
    per_hour: bool
    currency: str
    state: Literal["open", "approved", "refused", "unanswered", "withdrawn"]
    word: str
    now: datetime
