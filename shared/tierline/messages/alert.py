"""A normalised alert, as every source's adapter makes it and triage reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

ID_MAX = 2**63 - 1
INDEX_MAX = 2**15 - 1
"""What the columns hold; a message with more is poison."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One message from a source. `extra`: whatever else the source said, kept as it came.

    `status`: firing or resolved; `severity`: critical, error, warning or info; `occurred_at`: when
    the source says it happened (UTC), kept but never trusted for clocks. `traceparent`: the request
    that brought it, where that was traced.
    """

    dedup_key: str
    title: str
    status: str = "firing"
    severity: str = "error"
    client: str = ""
    site: str = ""
    host: str = ""
    service: str = ""
    body: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    occurred_at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    traceparent: str | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class AcceptedAlert:
    """An alert after its commit: the message on `alerts.received`.

    `(accepted_at, index, id)` orders alerts of one problem; `accepted_at` is UTC policy time.
    `client` is fixed at the edge from the integration's binding or a mapped field.
    """

    id: int
    index: int
    accepted_at: datetime
    integration: str
    source: str
    client: str
    alert: Alert


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AcceptedAlert).decode
_decode_alert = msgspec.json.Decoder(Alert).decode


def encode_accepted(accepted: AcceptedAlert) -> bytes:
    """The message body of an accepted alert."""
    return _encode(accepted)


def decode_accepted(body: bytes) -> AcceptedAlert:
    """The accepted alert of a message body. Raises msgspec.MsgspecError on anything else."""
    try:
        accepted = _decode(body)
    except RecursionError as error:  # nested too deep
        raise msgspec.DecodeError(str(error)) from error
    if not (0 < accepted.id <= ID_MAX and 0 <= accepted.index <= INDEX_MAX):
        raise msgspec.ValidationError("its id or index is one that no alert has")
    return accepted


def encode_alert(alert: Alert) -> bytes:
    """The stored form of an alert."""
    return _encode(alert)


def decode_alert(body: bytes | str) -> Alert:
    """The alert of a stored form. Raises msgspec.MsgspecError on anything else."""
    try:
        return _decode_alert(body)
    except RecursionError as error:  # nested too deep
        raise msgspec.DecodeError(str(error)) from error


def message_key(integration: str, dedup_key: str) -> str:
    """The key that keeps alerts of one source's problem in order on the topic."""
    return f"{integration}\x1f{dedup_key}"
