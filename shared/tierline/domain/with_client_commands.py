"""What is asked of a ticket when something is agreed with its client, or they say how it was.

Part of the commands (`tierline.domain.commands`), where they are all listed.
"""

from dataclasses import dataclass
from datetime import datetime

from tierline.domain.terms import Answer, Score, TicketType


@dataclass(frozen=True, slots=True)
class AskApproval:
    """Ask `approver` (a contact of the client, at `email`) to approve `asked`.

    `amount`: minor units of the provider's currency, an hour where `per_hour`; `limit`: up to which
    they may approve (None: any). `expires_at`, `chase_at`: UTC, where not by the policy.
    """

    asked: str
    approver: str
    email: str = ""
    amount: int | None = None
    per_hour: bool = False
    limit: int | None = None
    expires_at: datetime | None = None
    chase_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AnswerApproval:
    """What the approver said.

    `id`: of the question, for who answers by a link; `evidence`: how we know, from one of us.
    """

    answer: Answer
    word: str = ""
    evidence: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class AnswerSurvey:
    """How it was, by the link in the mail; `id`: of the event that asked."""

    score: Score
    id: int
    word: str = ""


@dataclass(frozen=True, slots=True)
class Retype:
    """It is work of another kind: an incident, or a request."""

    to: TicketType
    reason: str


WithClientCommand = AskApproval | AnswerApproval | AnswerSurvey | Retype
"""All of them."""
