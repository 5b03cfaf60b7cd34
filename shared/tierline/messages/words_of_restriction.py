"""Sentences of who may see a ticket."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain.restriction import Restricted, Unrestricted
from tierline.messages.phrases import Said, because


def _restricted(said: Said, what: Restricted) -> str:
    was = f", which was {what.was}'s to see" if what.was else ""
    return f"{said.by} restricted it to {what.group}{was}{because(what.reason)}"


def _unrestricted(said: Said, what: Unrestricted) -> str:
    return f"{said.by} let everybody see it, not {what.group} alone{because(what.reason)}"


SAY: Mapping[type, Callable[[Said, Any], str]] = {
    Restricted: _restricted,
    Unrestricted: _unrestricted,
}
"""By type of event; part of the table of `words`."""
