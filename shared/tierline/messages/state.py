"""A ticket's state as it is stored: JSON of what is not as in any other, read back without loss."""

from dataclasses import MISSING, fields
from typing import Any, Final

import msgspec

from tierline.domain.ticket import Ticket

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Ticket).decode

_ALWAYS: Final = frozenset({"category"})
"""What statements read of a stored ticket without knowing a default."""


def _default(name: str, default: Any) -> Any:
    """What a field has in most tickets; a value of its own where it is always written."""
    return object() if default is MISSING or name in _ALWAYS else default


_FIELDS: Final = tuple((it.name, _default(it.name, it.default)) for it in fields(Ticket))
_LEFT_OUT: Final = {it.name: it.default for it in fields(Ticket) if it.default is not MISSING}


def encode_ticket(ticket: Ticket) -> str:
    """The stored form of `ticket`; a field that has its default is left out."""
    stated = {
        name: value
        for name, default in _FIELDS
        if (value := getattr(ticket, name)) is not default and value != default
    }
    return _encode(stated).decode()


def decode_ticket(doc: str | bytes) -> Ticket:
    """The ticket of a stored form. Raises msgspec.MsgspecError on anything else."""
    ticket = _decode(doc)
    held = vars(ticket)  # a field that is left out is not among them, and `amend` copies them
    held.update({**_LEFT_OUT, **held})
    return ticket
