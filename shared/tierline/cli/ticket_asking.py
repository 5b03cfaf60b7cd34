"""Asking for a command on a ticket, and printing what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tierline.cli.call import Call, Screen
from tierline.cli.moments import parse_moment, rfc3339


def place_words(ticket: Mapping[str, Any]) -> str:
    """Where a ticket is, in a sentence."""
    owner = f"owner {ticket['owner']}" if ticket["owner"] else "nobody has claimed it"
    state = str(ticket["state"]).replace("_", " ")
    place = f"{ticket['tier']}/{ticket['group']}"
    return f"{ticket['number']} is {state}: {ticket['priority']}, with {place}, {owner}."


def ask(call: Call, number: int, command: str, **said: Any) -> None:
    """Ask for a command and print what came of it: the new events, and where the ticket is."""
    call.answer(call.router.post(f"/v1/tickets/{number}/{command}", said), show_outcome)


def show_outcome(screen: Screen, answer: Mapping[str, Any]) -> None:
    """Print the new events, and where the ticket is now."""
    for event in answer["events"]:
        screen.line(event["words"])
    screen.line(place_words(answer["ticket"]))


def instants(call: Call, **texts: str | None) -> dict[str, str]:
    """The instants that were given, as the API takes them."""
    return {name: rfc3339(moment(call, text)) for name, text in texts.items() if text}


def moment(call: Call, text: str) -> datetime:
    """The instant that was typed, counted on policy time."""
    return parse_moment(text, call.now())
