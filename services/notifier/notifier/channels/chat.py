"""Chat rooms by incoming webhook: Slack and Mattermost take the same minimal payload."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from notifier import answers
from notifier.http import HttpSender
from notifier.layout import as_chat
from notifier.limits import CHAT_CHARS
from notifier.outcome import Failed, Outcome
from notifier.parcel import Parcel

MATTERMOST = "mattermost"
KINDS = frozenset({"slack", MATTERMOST})

LASTING = frozenset({400, 401, 403, 404, 413})
"""Slack answers 400 invalid_payload, 403 action_prohibited and 404 no_service or channel_not_found;
none is cured by sending the same again (Slack, "Incoming webhooks: handling errors")."""

_ZERO_WIDTH = "\u200b"
_OMITTED = "\n(cut short)"


def escape(text: str, kind: str) -> str:
    """`text` with nothing in it that the chat would act on.

    Slack: `&`, `<` and `>` become entities, which also disarms `<!channel>` (Slack, "Formatting
    text"). Mattermost reads bare `@all` too, so an `@` there is followed by a zero-width space.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", f"@{_ZERO_WIDTH}") if kind == MATTERMOST else text


def payload(parcel: Parcel) -> bytes:
    """The JSON body: one text of at most CHAT_CHARS characters as sent, and no link previews."""
    if parcel.letter is None:
        raise ValueError("a chat message needs a letter")
    text = fitting(escape(as_chat(parcel.letter), parcel.kind))
    return msgspec.json.encode({"text": text, "unfurl_links": False})


def fitting(escaped: str, limit: int = CHAT_CHARS) -> str:
    """`escaped` within `limit`, saying so where it was longer; no escape is cut in two.

    What escaping adds counts: a text of ampersands is five times as long as it was. The link comes
    first in the text, so that it stays.
    """
    if len(escaped) <= limit:
        return escaped
    room = limit - len(_OMITTED)
    begun = escaped.rfind("&", 0, room)
    if begun >= 0 and escaped.find(";", begun) >= room:
        room = begun
    elif escaped[room] == _ZERO_WIDTH:  # belongs to the @ before it
        room -= 1
    return escaped[:room] + _OMITTED


def _now() -> datetime:
    return datetime.now(UTC)


class ChatChannel:
    """Posts to a room's incoming webhook.

    Args:
        sender: guarded HTTP.
        now: real time, UTC; only to read a Retry-After date.
    """

    def __init__(self, sender: HttpSender, now: Callable[[], datetime] = _now) -> None:
        self._sender = sender
        self._now = now

    async def send(self, parcel: Parcel) -> Outcome:
        """Post once. 2xx is delivered, 429 and 5xx are retried; see LASTING for the rest."""
        if not parcel.url:
            return Failed("the room has no address")
        headers = {"Content-Type": "application/json", "Idempotency-Key": parcel.key}
        return await answers.post(
            self._sender,
            parcel.url,
            headers,
            payload(parcel),
            now=self._now(),
            lasting=LASTING,
        )

    async def close(self) -> None:
        """The sender is shared and closed by its owner."""
