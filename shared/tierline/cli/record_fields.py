"""`-f name=value` of the command line: from what is typed to what a record's field holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from tierline.cli.failures import FailureError
from tierline.web.record_fields import NotAValueError, read_value


def read_settings(given: Sequence[str], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What each `name=value` sets; None takes the field away.

    Args:
        given: as typed.
        fields: what the router says of each field, by name.

    Raises:
        FailureError: one without `=`, or with JSON that is none.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise FailureError(f"{text!r} sets nothing.", "Write it like -f zone=Europe/London.")
        field = name.strip().replace(" ", "_")
        try:
            found[field] = read_value(value, fields.get(field, {}).get("shape", {}))
        except NotAValueError as error:
            raise FailureError(f"{error}.", "Check its quotes and brackets.") from None
    return found
