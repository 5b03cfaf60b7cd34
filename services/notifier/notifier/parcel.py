"""One message, ready to go out on its channel."""

from dataclasses import dataclass
from typing import Protocol

from notifier.letter import Letter
from notifier.outcome import Outcome

MAIL = "mail"
CHAT = "chat"
WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Page:
    """A letter laid out. `thread`: letters of one kind and subject thread together."""

    subject: str
    text: str
    html: str
    thread: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a channel is given.

    Attributes:
        key: identity of the message, the same on every attempt (`msg_...`).
        ticket: the ticket's number; 0 for a page.
        address: an e-mail address, or the name of a room or a subscription.
        letter: what to say (mail, chat).
        page: what to say that is no ticket's (mail).
        url: where to post (chat, webhook).
        kind: the room's dialect: slack or mattermost.
        secrets: the subscription's live secrets, newest first (webhook).
        body: the event as stored, CloudEvents JSON (webhook).
        traceparent: of this attempt, where it is traced (webhook).
    """

    key: str
    ticket: int
    address: str
    letter: Letter | None = None
    page: Page | None = None
    url: str = ""
    kind: str = ""
    secrets: tuple[str, ...] = ()
    body: bytes = b""
    traceparent: str = ""


class Channel(Protocol):
    """A way to the outside. It talks to one receiver a call and holds no state of a message."""

    async def send(self, parcel: Parcel) -> Outcome:
        """Try once, within the channel's own timeouts. Never raises for what a receiver does."""
        ...

    async def close(self) -> None:
        """Let go of idle connections."""
        ...
