"""From the checked mapping of a records file to its values."""

from collections.abc import Mapping
from typing import Any

from tierline.domain.policy import Policy
from tierline.domain.terms import Mode, Role
from tierline.policy.errors import Problems
from tierline.policy.kinds import KINDS, Document, Kind
from tierline.policy.records import (
    Client,
    Contact,
    Device,
    Integration,
    Person,
    Records,
    Room,
    Subscription,
)
from tierline.policy.records_grammar import RECORDS
from tierline.policy.records_links import FolderNames, Placed, check_record_links
from tierline.policy.schedules_links import check_schedule_links
from tierline.policy.schedules_read import read_schedules


def read_records(
    root: Mapping[str, Any], policy: Policy, hours: Mapping[str, Any], problems: Problems
) -> Records:
    """Check and compile the records.

    Args:
        root: the values of the file.
        policy: whose agreements and groups the records name.
        hours: the policy's hours by name, as in its document.
        problems: where findings are collected, with the positions of the file.

    Raises:
        PolicyError: unknown keys, values of the wrong kind, names that lead nowhere, twins.
    """
    checked = RECORDS.check(dict(root), (), problems)
    problems.raise_if_any()
    placed = {name: _placed(kind, checked.get(name)) for name, kind in KINDS.items()}
    names = FolderNames(placed, policy, hours)
    check_record_links(checked, placed, names, policy, problems)
    check_schedule_links(checked, problems)
    schedules = read_schedules(checked.get("schedules", {}), checked.get("overrides", ()), problems)
    problems.raise_if_any()
    documents = {
        name: tuple(KINDS[name].settled(document) for _, document in found)
        for name, found in placed.items()
        if found
    }
    return Records(
        schedules=schedules,
        clients=tuple(_client(it) for it in documents.get("clients", ())),
        contacts=tuple(
            Contact(it["client"], it["name"], it["email"]) for it in documents.get("contacts", ())
        ),
        devices=tuple(
            Device(it["client"], it["name"], it["type"], it["criticality"], it.get("site", ""))
            for it in documents.get("devices", ())
        ),
        people=tuple(_person(it) for it in documents.get("people", ())),
        rooms=tuple(Room(name, **it) for name, it in checked.get("rooms", {}).items()),
        integrations=tuple(
            Integration(name, **it) for name, it in checked.get("integrations", {}).items()
        ),
        subscriptions=tuple(
            Subscription(name, it["url"], tuple(it.get("clients", ())), it.get("restricted", False))
            for name, it in checked.get("subscriptions", {}).items()
        ),
        documents=documents,
    )


def _placed(kind: Kind, section: Any) -> list[Placed]:
    """The records of a checked section, each with the name it has in a mapping."""
    if not section:
        return []
    if kind.mapped:
        named = section.items()
        return [((kind.name, name), {kind.label: name, **it}) for name, it in named]
    return [((kind.name, i), it) for i, it in enumerate(section)]


def _client(it: Document) -> Client:
    bought = it.get("agreements")
    return Client(
        name=it["name"],
        agreement=bought[0]["name"] if bought else it["agreement"],
        record=it.get("record", "tierline"),
        mode=Mode(it["mode"]) if "mode" in it else None,
        domains=tuple(it.get("domains", ())),
    )


def _person(it: Document) -> Person:
    return Person(
        name=it["name"],
        login=it["login"],
        email=it["email"],
        role=Role(it["role"]),
        groups=tuple(it.get("groups", ())),
        client=it.get("client", ""),
    )
