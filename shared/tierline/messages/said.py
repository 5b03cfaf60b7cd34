"""What sentences about an event are made of: the event, its ticket, people and their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tierline.domain import events as e
from tierline.domain.snapshot import Snapshot

QUOTE_MAX = 160
"""Characters of a person's own words that a sentence repeats."""


@dataclass(frozen=True, slots=True)
class Said:
    """An event, the ticket after it, and how people are called (by login)."""

    event: e.Event
    ticket: Snapshot
    names: Mapping[str, str]

    def person(self, login: str) -> str:
        """How the person of that login is called."""
        return self.names.get(login) or login[:1].upper() + login[1:]

    @property
    def by(self) -> str:
        """Who did it, as the first word of a sentence."""
        actor = self.event.by
        if actor.kind == "person":
            return self.person(actor.name)
        return actor.name if actor.kind == "integration" and actor.name else "Tierline"

    @property
    def by_time(self) -> bool:
        """Whether nobody did it: a due instant came."""
        return self.event.by.kind == "time"

    def when(self, at: datetime) -> str:
        """An instant, with its date where that differs from the event's."""
        if at.date() == self.event.at.date():
            return f"{at:%H:%M} UTC"
        year = f" {at:%Y}" if at.year != self.event.at.year else ""
        return f"{at.day} {at:%b}{year} {at:%H:%M} UTC"


def quote(text: str) -> str:
    """A person's own words on one line, cut after QUOTE_MAX characters, no full stop at the end."""
    line = " ".join(text.split())
    if len(line) > QUOTE_MAX:
        line = line[: QUOTE_MAX - 3].rstrip() + "..."
    return line.rstrip(".") if not line.endswith("...") else line


def duration(seconds: float) -> str:
    """A length of time in the two largest units that say it: `1 hour 30 minutes`."""
    left, parts = round(seconds), []
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 seconds"


def because(reason: str) -> str:
    """A reason behind a colon; nothing where none was given."""
    return f": {quote(reason)}" if reason.strip() else ""
