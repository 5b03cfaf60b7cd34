"""Addresses that messages name: of a ticket's page, and of the pages where outsiders answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from tierline.domain.terms import Score
from tierline.domain.ticket import Ticket
from tierline.web.answer_links import AnswerLink, Purpose, make_link

SCORES: Mapping[Score, str] = {
    Score.GOOD: "It went well",
    Score.FINE: "It was all right",
    Score.BAD: "It went badly",
}

Answers = tuple[tuple[str, str], ...]
"""What somebody outside may answer, and the address for it."""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses below `base` (without a slash at the end), signed with `secret`."""

    base: str
    secret: str = ""

    def ticket(self, number: int) -> str:
        """The page of a ticket."""
        return f"{self.base}/tickets/{number}"

    def approval(self, ticket: Ticket) -> Answers:
        """Where the approver of `ticket` answers; nothing where none is asked."""
        asked = ticket.open_approval
        if asked is None or not self.secret:
            return ()
        return (("Approve or refuse", self._answer(Purpose.APPROVAL, ticket.id, asked.id)),)

    def survey(self, ticket: Ticket) -> Answers:
        """Where the requester of `ticket` says how it was; nothing where nobody is asked."""
        survey = ticket.survey
        if survey is None or survey.score is not None or not self.secret:
            return ()
        address = self._answer(Purpose.SURVEY, ticket.id, survey.id)
        return tuple((label, f"{address}?score={score}") for score, label in SCORES.items())

    def _answer(self, purpose: Purpose, ticket: int, seq: int) -> str:
        raw = make_link(self.secret, AnswerLink(purpose, ticket, seq))
        return f"{self.base}/answer/{raw}"
