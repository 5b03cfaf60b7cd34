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
            if _NUMBER.fullmatch(value := self.fields.get(name, "").removeprefix("#"))
        }

    def numbers(self, name: str) -> Body:
        """A field that holds several whole numbers, as a list; nothing where it holds none."""
        found = [int(one) for one in _NUMBER.findall(self.fields.get(name, ""))]
        return {name: found} if found else {}

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


def _people(form: Asking, name: str) -> Body:
    """Logins, parted by commas or blanks."""
    logins = form.fields.get(name, "").replace(",", " ").split()
    return {name: logins} if logins else {}


def _action(form: Asking) -> Body:
    return form.number("number") | form.text("reason", "outcome") | form.instant("due")


def _lines(form: Asking, name: str) -> Body:
    """A line each; an empty field that was there says: none."""
    if name not in form.fields:
        return {}
    return {name: [line.strip() for line in form.fields[name].splitlines() if line.strip()]}


def _rca(form: Asking) -> Body:
    body = form.text("summary") | _lines(form, "causes")
    if form.fields.get("place"):
        body["comments"] = {form.fields["place"]: form.fields.get("comment", "")}
    return body | ({"done": True} if form.fields.get("step") == "done" else {})


COMMANDS: Mapping[str, Callable[[Asking], Body]] = {
    "claim": lambda form: form.text("owner"),
    "accept-offer": lambda _form: {},
    "decline-offer": lambda form: form.text("reason"),
    "keep": lambda _form: {},
    "hand-over": lambda form: form.text("to", "reason"),
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
    "close": lambda form: form.text("reason", "leaving"),
    "declare-major": lambda form: form.text("reason"),
    "join": lambda form: form.number("parent"),
    "leave": lambda form: form.text("reason"),
    "problem": lambda form: form.text("reason", "title") | form.numbers("others"),
    "link-problem": lambda form: form.number("problem"),
    "cause": lambda form: form.text("cause"),
    "workaround": lambda form: form.text("workaround"),
    "state-complex": lambda form: form.text("text"),
    "brief": lambda form: form.text("text"),
    "reallocate": lambda form: (
        form.text("reason") | _people(form, "join") | _people(form, "relieve")
    ),
    "add-action": lambda form: form.text("what", "owner", "kind") | form.instant("due"),
    "move-action": _action,
    "complete-action": lambda form: _action(form) | {"dropped": form.ticked("dropped")},
    "rca": _rca,
    "to-problem": lambda form: form.number("problem"),
    "restrict": lambda form: form.text("group", "reason"),
    "unrestrict": lambda form: form.text("reason"),
}
"""By the last part of the router's address."""

DONE_WORDS: Mapping[str, str] = {
    "claim": "It is claimed.",
    "accept-offer": "It is yours.",
    "decline-offer": "You do not take it; the next one is asked.",
    "hand-over": "It is handed over.",
    "keep": "You keep it beyond the end of your shift.",
    "nothing-next": "Nothing that fits waits unclaimed in your groups.",
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
    "declare-major": "It is a major incident: others can be put under it.",
    "join": "It is worked under the major incident.",
    "leave": "It is worked by itself again.",
    "problem": "The problem is being opened, and will be linked in a moment.",
    "link-problem": "It is linked to the problem.",
    "cause": "The cause is stated.",
    "workaround": "The workaround is given.",
    "state-complex": "It is stated as complex.",
    "brief": "Management knows.",
    "reallocate": "They are told.",
    "add-action": "The action is on the list, and will be chased.",
    "move-action": "The action has another date.",
    "complete-action": "The action is over.",
    "rca": "The analysis is saved.",
    "to-problem": "The problem carries on with it.",
    "restrict": "It is restricted.",
    "unrestrict": "Everybody may see it again.",
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
