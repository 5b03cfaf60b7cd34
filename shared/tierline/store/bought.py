"""What the record of a client says of the agreements that it bought."""

from msgspec import json

from tierline.domain.bought import Bought


def read_bought(written: str | None) -> tuple[Bought, ...]:
    """The agreements of a record's JSON, in its order; none where it has but one, for all."""
    return json.decode(written, type=tuple[Bought, ...]) if written else ()
