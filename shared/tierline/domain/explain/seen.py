"""An event that is to be explained, in its case."""

from dataclasses import dataclass
from typing import Any

from tierline.domain import events as e
from tierline.domain.explain.account import Case
from tierline.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Seen:
    """An event with the ticket before it; there is none before the first."""

    case: Case
    event: e.Event
    before: Ticket | None

    @property
    def by(self) -> str:
        """Who did it."""
        actor = self.event.by
        if actor.kind == "person":
            return self.case.person(actor.name)
        return f"The integration {actor.name}" if actor.kind == "integration" else "Tierline"

    @property
    def by_time(self) -> bool:
        """Whether a due instant came, and nobody did anything."""
        return self.event.by.kind == "time"

    def value(self, name: str) -> Any:
        """A value that the decision saw; None where it kept none of that name."""
        return self.event.why.values.get(name)
