"""What a client's approver was asked, and what they said."""

from dataclasses import dataclass
from datetime import datetime

from tierline.domain.money import money
from tierline.domain.terms import Answer, Offer


@dataclass(frozen=True, slots=True)
class Approver:
    """A contact who may approve up to `limit` minor units; None: any amount."""

    name: str
    email: str
    limit: int | None = None

    def may(self, amount: int | None) -> bool:
        """Whether `amount` is within the limit."""
        return amount is None or self.limit is None or amount <= self.limit


@dataclass(frozen=True, slots=True)
class Approval:
    """One question to somebody at the client who may approve. Instants are UTC.

    `id`: the seq of the event that asked, by which an answer names it. `amount`: minor units of
    `currency`, for each hour where `per_hour`; None: it is not about money. `answer`: none while it
    is open. `word`: what they added; `evidence`: how we know, where one of us recorded it.
    `offer`: what of the agreement it goes beyond, where Tierline itself asks.
    """

    id: int
    approver: str
    email: str
    asked: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    amount: int | None = None
    per_hour: bool = False
    currency: str = ""
    answer: Answer | None = None
    answered_at: datetime | None = None
    word: str = ""
    evidence: str = ""
    offer: Offer | None = None

    @property
    def price(self) -> str:
        """The amount in words; empty where it is not about money."""
        if self.amount is None:
            return ""
        return money(self.amount, self.currency, per_hour=self.per_hour)
