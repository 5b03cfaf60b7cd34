"""A ticket's state as it is stored: JSON of the whole value, read back without loss."""

import msgspec

from tierline.domain.ticket import Ticket

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Ticket).decode


def encode_ticket(ticket: Ticket) -> str:
    """The stored form of `ticket`."""
    return _encode(ticket).decode()


def decode_ticket(doc: str | bytes) -> Ticket:
    """The ticket of a stored form. Raises msgspec.MsgspecError on anything else."""
    return _decode(doc)
