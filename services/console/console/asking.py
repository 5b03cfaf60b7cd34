"""What each form asks of the router: fields as typed in, the command's JSON out."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from console.instants import rfc3339, typed

Fields = Mapping[str, str]
Body = dict[str, Any]
_AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")
_NUMBER = re.compile(r"[0-9]{1,9}")


class Asking:
    """Reads one form.

    Args:
        fields: as typed, trimmed.
        now: UTC policy time, from which `30m` counts.
        zone: the reader's, in which `16:30` is meant.
    """

    def __init__(self, fields: Fields, now: datetime, zone: ZoneInfo) -> None:
        self.fields = fields
        self._now = now
        self._zone = zone

    def text(self, *names: str) -> Body:
        """The fields of those names that hold something."""
        return {name: self.fields[name] for name in names if self.fields.get(name)}

    def number(self, *names: str) -> Body:
        """The same as whole numbers; what is no number is left out."""
        return {
            name: int(value)
            for name in names
            if _NUMBER.fullmatch(value := self.fields.get(name, ""))
        }

    def instant(self, *names: str) -> Body:
        """The same as instants.

        Raises:
            NotAnInstantError: one of them is not an instant.
        """
        found = {name: typed(self.fields.get(name, ""), self._now, self._zone) for name in names}
        return {name: rfc3339(value) for name, value in found.items() if value is not None}

    def amount(self, name: str) -> Body:
        """An amount of money in minor units; what is no amount is passed on, to be refused."""
        value = self.fields.get(name, "")
        found = _AMOUNT.fullmatch(value)
        if found is None:
            return {name: value} if value else {}
        return {name: int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))}

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.fields.get(name) == "yes"


def _note(form: Asking) -> Body:
    return form.text("text") | {"to_client": form.fields.get("reader") == "client"}


def _plan(form: Asking) -> Body:
    return form.text("next_step", "client_text", "despite") | form.instant("promised_at")


def _move(form: Asking) -> Body:
    kind, _, name = form.fields.get("to", "").partition(":")
    place = {f"to_{kind}": name} if kind in {"group", "tier"} and name else {}
    return form.text("reason", "tried", "evidence", "ask") | place


def _vendor(form: Asking) -> Body:
    said = form.text("vendor", "asked", "news", "reference", "contact")
    return said | form.instant("promised_at", "chase_at")


def _hold(form: Asking) -> Body:
    said = form.text("reason", "asked", "of", "despite")
    return said | form.instant("chase_at", "until", "ends_at")


def _ask_approval(form: Asking) -> Body:
    said = form.text("asked", "approver") | form.instant("expires_at") | form.amount("amount")
    return said | ({"per_hour": True} if form.ticked("per_hour") else {})


def _priority(form: Asking) -> Body:
    body = form.text("reason")
    if form.fields.get("priority"):
        body |= form.text("priority")
    else:
        body |= form.number("impact", "urgency")
    return body if form.fields.get("step") == "confirm" else body | {"preview": True}


COMMANDS: Mapping[str, Callable[[Asking], Body]] = {
    "claim": lambda form: form.text("owner"),
    "release": lambda form: form.text("reason"),
    "notes": _note,
    "plan": _plan,
    "move": _move,
    "accept": lambda form: form.number("seq"),
    "decline": lambda form: form.number("seq") | form.text("reason"),
    "refuse-plan": lambda form: form.text("reason"),
    "packet": lambda form: form.text("tried", "evidence", "ask"),
    "vendor": _vendor,
    "vendor-news": _vendor,
    "vendor-close": lambda form: form.text("outcome"),
    "hold": _hold,
    "ask-approval": _ask_approval,
    "approve": lambda form: form.text("evidence", "word"),
    "refuse-approval": lambda form: form.text("evidence", "word"),
    "resume": lambda form: form.text("because"),
    "priority": _priority,
    "retype": lambda form: form.text("to", "reason"),
    "resolve": lambda form: form.text("resolution", "fault", "tier_below_could"),
    "confirm": lambda form: form.text("note"),
    "reject": lambda form: form.text("reason"),
    "reopen": lambda form: form.text("reason"),
    "close": lambda form: form.text("reason"),
}
"""By the last part of the router's address."""

DONE_WORDS: Mapping[str, str] = {
    "claim": "It is claimed.",
    "release": "It is back in the queue.",
    "notes": "The note is on the timeline.",
    "plan": "The plan is on the timeline; the tier clock has stopped.",
    "move": "It has moved.",
    "accept": "The proposal is accepted.",
    "decline": "It stays where it is.",
    "refuse-plan": "The plan is refused; the tier clock runs on.",
    "packet": "The next tier knows what was tried and what is asked.",
    "vendor": "The vendor's case is open, and will be chased.",
    "vendor-news": "What the vendor said is on the timeline.",
    "vendor-close": "The vendor's case is closed.",
    "hold": "It is on hold.",
    "ask-approval": "The approver is asked; the ticket waits for the answer.",
    "approve": "The approval is on the timeline; work goes on.",
    "refuse-approval": "The refusal is on the timeline; work goes on without it.",
    "resume": "Work goes on.",
    "priority": "The priority has changed.",
    "retype": "It is work of another kind now; its promises are counted anew from acceptance.",
    "resolve": "It is resolved, and waits to be confirmed.",
    "confirm": "Confirmed and closed.",
    "reject": "The client disagrees: it is open again.",
    "reopen": "It is open again.",
    "close": "It is closed.",
    "open": "The ticket is open.",
}
"""What is said after each command."""


def new_ticket(form: Asking, policy: Mapping[str, Any]) -> Body:
    """Read the phone form.

    Args:
        form: as typed in.
        policy: for the contacts of each client.

    Returns:
        The body that opens a ticket.
    """
    body = form.text("title", "client", "body", "type", "site", "host", "start")
    body |= form.number("impact", "urgency")
    body["spoken_to"] = form.ticked("spoken_to")
    if requester := _requester(form, policy):
        body["requester"] = requester
    return body


def _requester(form: Asking, policy: Mapping[str, Any]) -> Body:
    """Whoever is typed in, else the contact chosen."""
    typed_in = {
        "name": form.fields.get("requester_name", ""),
        "email": form.fields.get("requester_email", ""),
    }
    if any(typed_in.values()):
        return {name: value for name, value in typed_in.items() if value}
    client, _, email = form.fields.get("contact", "").partition("|")
    known = policy.get("contacts", {}).get(client, []) if email else []
    for contact in known:
        if contact.get("email") == email and client == form.fields.get("client"):
            return {"name": contact.get("name", ""), "email": email}
    return {}
