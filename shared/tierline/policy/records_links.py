"""Do the names in records and policy lead to each other?"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tierline.domain.policy import Policy
from tierline.policy.errors import Problems, Where, did_you_mean

if TYPE_CHECKING:
    from tierline.policy.records import Records

UNSORTED = "Unsorted"
"""The reserved client of alerts whose client is unknown."""


def check_record_links(records: Mapping[str, Any], policy: Policy, problems: Problems) -> None:
    """Note names in the records that lead nowhere, and records given twice.

    Args:
        records: what the grammar of records accepted.
        policy: whose agreements and groups are named.
        problems: where findings are collected.
    """
    clients = records.get("clients", {})
    for name, client in clients.items():
        here: Where = ("clients", name)
        _known(client["agreement"], policy.agreements, (*here, "agreement"), "agreement", problems)
        if name == UNSORTED:
            reserved = "is reserved for alerts whose client is unknown"
            problems.error(here, reserved, "choose another name", at_key=True)
    for section in ("contacts", "devices"):
        for i, it in enumerate(records.get(section, ())):
            _known(it["client"], clients, (section, i, "client"), "client", problems)
    _people(records.get("people", {}), clients, policy, problems)
    _integrations(records.get("integrations", {}), clients, problems)
    for name, it in records.get("subscriptions", {}).items():
        for i, client in enumerate(it.get("clients", ())):
            _known(client, clients, ("subscriptions", name, "clients", i), "client", problems)
    _twins(records, problems)


def _known(name: str, known: Iterable[str], at: Where, what: str, problems: Problems) -> None:
    names = list(known)
    if name not in names:
        problems.error(at, f"no {what} is called `{name}`", did_you_mean(name, names))


def _people(
    people: Mapping[str, Any], clients: Iterable[str], policy: Policy, problems: Problems
) -> None:
    for name, person in people.items():
        at: Where = ("people", name)
        for i, group in enumerate(person.get("groups", ())):
            _known(group, policy.groups, (*at, "groups", i), "group", problems)
            known = policy.groups.get(group)
            if known is not None and known.members and name not in known.members:
                missing = f"`{name}` is not among the members of `{group}`"
                problems.warn((*at, "groups", i), missing, "add them to the group's members")
        if "client" in person:
            _known(person["client"], clients, (*at, "client"), "client", problems)


def _integrations(
    integrations: Mapping[str, Any], clients: Iterable[str], problems: Problems
) -> None:
    for name, it in integrations.items():
        at: Where = ("integrations", name)
        if "client" in it:
            _known(it["client"], clients, (*at, "client"), "client", problems)
        if "client" in it and "client_field" in it:
            both = "has both `client` and `client_field`"
            problems.error(at, both, "keep the one that holds", at_key=True)
        elif "client" not in it and "client_field" not in it:
            unbound = "names no client: its alerts will be Unsorted"
            problems.warn(at, unbound, "add `client` or `client_field`", at_key=True)


def _twins(records: Mapping[str, Any], problems: Problems) -> None:
    """One login a person, one device name and one address a client."""
    spots: list[tuple[Where, tuple[str, ...]]] = [
        (("people", name, "login"), ("login", it["login"]))
        for name, it in records.get("people", {}).items()
    ]
    for section, key in (("devices", "name"), ("contacts", "email")):
        for i, it in enumerate(records.get(section, ())):
            spots.append(((section, i, key), (section, it["client"], it[key].casefold())))
    seen: set[tuple[str, ...]] = set()
    for where, identity in spots:
        if identity in seen:
            problems.error(where, f"`{identity[-1]}` is listed twice", "keep one of the two")
        seen.add(identity)


def compare_with_policy(records: "Records", policy: Policy, problems: Problems) -> None:
    """Warn of people, rooms and clients that the policy names and no record knows.

    Args:
        records: the compiled records.
        policy: the compiled policy.
        problems: those of the policy's files; only warnings are added.
    """
    people = {person.name for person in records.people}
    rooms = {room.name for room in records.rooms}
    clients = {UNSORTED, *(client.name for client in records.clients)}
    for name, group in policy.groups.items():
        at: Where = ("groups", name)
        for i, member in enumerate(group.members):
            _unrecorded(member, people, (*at, "members", i), "person", problems)
        if group.lead:
            _unrecorded(group.lead, people, (*at, "lead"), "person", problems)
        if group.room:
            _unrecorded(group.room, rooms, (*at, "room"), "room", problems)
        if group.of.startswith("client "):
            of = group.of.removeprefix("client ")
            _unrecorded(of, clients, (*at, "of"), "client", problems)
    for role, person in policy.people.items():
        _unrecorded(person, people, ("people", role.replace(" ", "_")), "person", problems)
    for client in policy.mode.clients:
        _unrecorded(client, clients, ("mode", client), "client", problems)


def _unrecorded(name: str, known: set[str], at: Where, what: str, problems: Problems) -> None:
    if name not in known:
        message = f"no record knows a {what} called `{name}`"
        problems.warn(at, message, did_you_mean(name, known) or "add the record")
