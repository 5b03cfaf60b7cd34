"""Ticket events on the wire: CloudEvents 1.0 in structured JSON mode.

`id` is ticket/seq, `subject` the ticket number, `type` like `tierline.ticket.escalated.v1`; `data`
holds the event and, as `ticket`, the snapshot after it. See docs/reference/events.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

import msgspec
from msgspec import UNSET, UnsetType

from tierline.domain.clock import Clock
from tierline.domain.events import Actor, Event, What, Why
from tierline.domain.snapshot import Snapshot, seen
from tierline.domain.ticket import Ticket
from tierline.messages.traced import of_event

SOURCE = "tierline"
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


def _type_name(kind: type) -> str:
    return _WORD.sub("_", kind.__name__).lower()


EVENT_TYPES: dict[str, type] = {_type_name(kind): kind for kind in get_args(What)}
"""Every event type by its wire name: `opened`, `alert_attached`, `escalation_proposed`..."""

_NAMES = {kind: name for name, kind in EVENT_TYPES.items()}
_WHATS: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(kind) for name, kind in EVENT_TYPES.items()
}


class _Data(msgspec.Struct, omit_defaults=True):
    at: datetime
    recorded_at: datetime
    by: Actor
    what: msgspec.Raw
    why: Why
    ticket: Snapshot
    cause: str = ""
    clocks: tuple[Clock, ...] = ()
    review_at: datetime | None = None
    watch: Mapping[str, datetime] | None = None


class _Envelope(msgspec.Struct):
    id: str
    type: str
    time: datetime
    subject: str
    data: _Data
    source: str = SOURCE
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    traceparent: str | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class TicketMessage:
    """An event with the ticket as it stood after it.

    `body` is the message it was read from; `traceparent` the work it came of, where that was
    traced.
    """

    event: Event
    ticket: Snapshot
    body: bytes = field(default=b"", compare=False, repr=False)
    traceparent: str = field(default="", compare=False)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Envelope)


def event_name(event: Event) -> str:
    """The short wire name of the event's type: `escalated`."""
    return _NAMES[type(event.what)]


def type_of(name: str) -> str:
    """The CloudEvents type of a short name."""
    return f"tierline.ticket.{name}.v1"


def encode_event(event: Event, ticket: Ticket) -> bytes:
    """The message of `event`, where `ticket` is its ticket just after it.

    Where the work under way is traced, it carries that context: CloudEvents' extension for it.
    """
    # What goes out is written as it is; only what comes in is held to the types of its fields.
    what: Any = event.what
    view: Any = seen(ticket)
    return _encoder.encode(
        _Envelope(
            id=f"{event.ticket}/{event.seq}",
            type=type_of(event_name(event)),
            time=event.at,
            subject=str(event.ticket),
            data=_Data(
                at=event.at,
                recorded_at=event.recorded_at,
                by=event.by,
                what=what,
                why=event.why,
                ticket=view,
                cause=event.cause,
                clocks=event.clocks,
                review_at=event.review_at,
                watch=event.watch,
            ),
            traceparent=of_event(event) or UNSET,
        )
    )


def decode_event(body: bytes | str) -> TicketMessage:
    """The event of a message. Raises msgspec.MsgspecError for anything that is not one."""
    try:
        whole = body if isinstance(body, bytes) else body.encode()
        return _event_of(_decoder.decode(body), whole)
    except msgspec.MsgspecError:
        raise
    except (RecursionError, ValueError) as error:  # nested too deep; bytes or digits int() refuses
        raise msgspec.DecodeError(f"{type(error).__name__}: {error}") from error


def _event_of(envelope: _Envelope, body: bytes) -> TicketMessage:
    data = envelope.data
    name = envelope.type.removeprefix("tierline.ticket.").removesuffix(".v1")
    decoder = _WHATS.get(name)
    ticket, _, seq = envelope.id.partition("/")
    if decoder is None or not seq.isdigit() or not ticket.isdigit():
        raise msgspec.ValidationError(f"unknown event: id {envelope.id!r}, type {envelope.type!r}")
    if (data.ticket.number, data.ticket.seq) != (int(ticket), int(seq)):
        raise msgspec.ValidationError(f"id {envelope.id!r} is not that of the ticket inside")
    what: Any = decoder.decode(data.what)
    event = Event(
        ticket=int(ticket),
        seq=int(seq),
        at=data.at,
        recorded_at=data.recorded_at,
        by=data.by,
        what=what,
        why=data.why,
        cause=data.cause,
        clocks=data.clocks,
        review_at=data.review_at,
        watch=data.watch,
    )
    return TicketMessage(event, data.ticket, body, envelope.traceparent or "")
