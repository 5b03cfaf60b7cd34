"""What a message row keeps beside its address: references, no text.

What is said is put together when it is sent, from the events and notices themselves.
"""

from typing import Any

import msgspec


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """The `content` column.

    Attributes:
        ticket: all notices of a message are of one ticket.
        audience: team or client; feed for a subscription; letter for a page that is no ticket's.
        seq: the event (feed), or the first of them.
        notices_of: the message whose notices these are, where this one stands in for it; else 0.
        preamble: said first by a message that stands in.
        spent: attempts made before a subscription was resumed; they no longer count.
        letter: the letter it is, whose ticket and seq are 0.
        traceparent: the work that wrote it, where that was traced.
    """

    ticket: int
    audience: str
    seq: int
    notices_of: int = 0
    preamble: str = ""
    spent: int = 0
    letter: int = 0
    traceparent: str = ""


FEED = "feed"
LETTER = "letter"

_decoder = msgspec.json.Decoder(Content)


def encode_content(content: Content) -> str:
    """The stored form."""
    return msgspec.json.encode(content).decode()


def decode_content(stored: Any) -> Content:
    """The content of a stored form. Raises msgspec.MsgspecError for anything that is none."""
    return _decoder.decode(stored)
