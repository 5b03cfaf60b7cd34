"""What lies in the database before anything happens: policy, clients, people, rooms, webhooks."""

import functools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from notifier.directory import Subscription
from tierline.domain.policy import Policy
from tierline.domain.terms import Role
from tierline.policy import source as policy_source
from tierline.policy.document import compile_document
from tierline.policy.folder import LoadedPolicy, load_folder
from tierline.policy.logins import with_logins
from tierline.web.principal import NOTICES, READ, WRITE, Principal

POLICY_YEAR = 2026
BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Real and policy time of every world's beginning: a Monday morning."""

CLIENTS = ("Harbour", "Oakfield")
MODES = {"Oakfield": "suggest"}
"""How far we may go at a client, where that is not all the way."""

PEOPLE = {
    "priya": ("Priya", Role.LEAD),
    "sam": ("Sam", Role.TECHNICIAN),
    "kim": ("Kim", Role.TECHNICIAN),
    "tom": ("Tom", Role.LEAD),
    "ines": ("Ines", Role.TECHNICIAN),
    "mia": ("Mia", Role.MANAGER),
}
MILESTONES = frozenset({"opened", "escalated", "claimed", "resolved", "reopened", "closed"})

WITHOUT_MAIL = "ines"
"""Whose notices go to the room that stands in."""

SUBSCRIPTIONS = {
    "mirror": Subscription(
        "mirror", "https://mirror.example/in", ("whsec_c2ltdWxhdGVkIHNlY3JldA==",), None, MILESTONES
    ),
    "harbour psa": Subscription(
        "harbour psa",
        "https://psa.example/in",
        ("whsec_c2ltdWxhdGVkIHNlY3JldA==",),
        frozenset({"Harbour"}),
    ),
}
"""Webhooks: one for the milestones of every client, one for all that happens at one client."""

SCOPES = frozenset({READ, WRITE, NOTICES})


@functools.cache
def rules() -> LoadedPolicy:
    """The policy of the world, read once."""
    return load_folder(Path(__file__).parent / "policy", year=POLICY_YEAR)


@functools.cache
def policy() -> Policy:
    """The same, as every service has it in force."""
    return with_logins(rules().policy, {name: login for login, (name, _) in PEOPLE.items()})


def principals() -> dict[str, Principal]:
    """Everybody who acts, by login."""
    return {
        login: Principal("person", name, login, role, SCOPES)
        for login, (name, role) in PEOPLE.items()
    }


@functools.cache
def _compiled(document: str) -> Policy:
    return compile_document(json.loads(document), rules().policy.calendars)


def forget() -> None:
    """Let the policy be read and compiled again, where what reads it is another for a while."""
    for kept in (rules, policy, _compiled):
        kept.cache_clear()


def compile_once(document: Any, _calendars: Any = None) -> Policy:
    """Stands for `compile_document`, which is pure: hundreds of processes start with one policy."""
    return _compiled(json.dumps(document, sort_keys=True))


policy_source_module = policy_source


def furnish(postgres: Any) -> None:
    """Put the records into a fresh database."""
    loaded = rules()
    for hash_, calendar in loaded.policy.calendars.items():
        postgres.put("calendar", {"hash": hash_, "document": json.dumps(calendar.to_json())})
    postgres.put(
        "policy_version",
        {
            "version": loaded.policy.version,
            "document": json.dumps(loaded.document),
            "active": True,
        },
    )
    for name in CLIENTS:
        postgres.put("client", {"name": name, "agreement": "managed", "mode": MODES.get(name)})
    for login, (name, role) in PEOPLE.items():
        email = "" if login == WITHOUT_MAIL else f"{login}@msp.example"
        postgres.put("person", {"login": login, "name": name, "email": email, "role": role.value})
    for room in ("desk", "network"):
        url = f"https://chat.example/{room}"
        postgres.put("room", {"name": room, "kind": "slack", "url": url})
    for one in SUBSCRIPTIONS.values():
        row = {"name": one.name, "url": one.url, "secrets": list(one.secrets)}
        clients = None if one.clients is None else sorted(one.clients)
        types = None if one.types is None else sorted(one.types)
        postgres.put("subscription", {**row, "clients": clients, "types": types})
