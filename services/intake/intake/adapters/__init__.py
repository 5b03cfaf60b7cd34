"""The formats the edge reads, by name. A source is one file here and one line below."""

from collections.abc import Mapping
from typing import Final

from intake.adapters import alertmanager, cloudevents
from intake.adapters import json as plain_json
from intake.adapters.parsed import Adapter

ADAPTERS: Final[Mapping[str, Adapter]] = {
    "json": plain_json.parse,
    "cloudevents": cloudevents.parse,
    "alertmanager": alertmanager.parse,
}


def adapter_for(kind: str, headers: Mapping[str, str]) -> tuple[str, Adapter]:
    """The name and the adapter of a kind; CloudEvents sent where JSON is taken go to their own.

    Raises:
        KeyError: no adapter has that name.
    """
    if kind == "json" and cloudevents.is_cloudevent(headers):
        kind = "cloudevents"
    return kind, ADAPTERS[kind]
