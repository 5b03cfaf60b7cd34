"""Every table of the schema: where a person outside may stand, and where they cannot, and why.

A test holds this against a migrated database: a table that comes later is in one of both.
"""

from collections.abc import Mapping
from typing import Final

BY_TICKET: Final = ("ticket", "event")
"""Changed together, ticket by ticket, with the ticket's row locked: the events make the state."""

_NAME: Final = frozenset({"name"})

SEARCHED: Final[Mapping[str, frozenset[str]]] = {
    "ticket": frozenset(),
    "event": frozenset(),
    "notice": frozenset(),
    "message": frozenset(),
    "attempt": frozenset(),
    "alert": frozenset(),
    "problem": frozenset(),
    "outbox": frozenset(),
    "dead_letter": frozenset(),
    "command": frozenset(),
    "replay_command": frozenset({"code", "verb", "case_key"}),
    "reaction": frozenset(),
    "record_change": frozenset({"how", "batch"}),
    "policy_preview": frozenset({"version", "document", "base", "made_by", "applied_by"}),
    "letter": frozenset({"about"}),
    "training": frozenset(),
    "archived": frozenset({"archive"}),
    "contact": _NAME | {"loaded"},
    "person": _NAME | {"role", "groups", "loaded", "password_hash", "usual_clients", "skills"},
    "client": _NAME | {"loaded", "account_manager", "service_manager"},
    "site": _NAME | {"loaded"},
    "device": _NAME | {"loaded"},
    "vendor": _NAME | {"loaded"},
    "partner": _NAME | {"loaded", "clients"},
    "absence": frozenset({"person", "stand_in", "loaded"}),
    "guide": frozenset({"loaded"}),
    "override": frozenset({"schedule", "person", "replaces"}),
    "integration": _NAME,
    "subscription": _NAME | {"clients", "types"},
    "api_token": _NAME | {"hash", "clients"},
}
"""Tables that are searched, each with the columns in which a person's name is not theirs, beside
those of `words.NO_NAME`. Their address is looked for in all columns."""

BY_MAIL: Final = "caught_mail"
"""Mails that a development stack caught: one that holds the person is removed whole, since its text
is encoded in ways that replacing would break."""

EXCUSED: Final[Mapping[str, str]] = {
    "policy_clock": "one row of instants",
    "policy_version": "a policy names groups, clients and people of ours, and goes by its hash",
    "calendar": "working hours and holidays, by their hash",
    "schedule": "logins of ours, and their turns",
    "room": "names and addresses of our own rooms",
    "session": "of people of ours, by their login; those of one who has left go",
    "integration_key": "hashes",
    "progress": "numbers",
    "month": "numbers and days",
    "sweep": "names of our services, and instants",
    "storm": "a group of ours, numbers and instants",
    "storm_ticket": "numbers and a group of ours",
    "restricted": "numbers, logins and groups of ours",
    "action": "numbers, logins of ours and instants; what is to be done stands in the ticket",
    "joined": "numbers and logins of ours",
    "letter_due": "kinds of letters, groups of ours and instants",
    "replay": "the name and the hash of a log that was replayed",
    "archive": "names and hashes of files; the files themselves are searched",
    "finding": "kinds of findings, and instants",
    "erasure": "the erasures themselves: whom one was about goes with its end",
}
"""Tables in which nobody outside can stand."""
