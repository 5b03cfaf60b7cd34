"""From the checked mapping of a records file to its values."""

from collections.abc import Mapping
from typing import Any

from tierline.domain.policy import Policy
from tierline.domain.terms import Mode, Role
from tierline.policy.errors import Problems
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
from tierline.policy.records_links import check_record_links


def read_records(root: Mapping[str, Any], policy: Policy, problems: Problems) -> Records:
    """Check and compile the records.

    Args:
        root: the values of the file.
        policy: whose agreements and groups the records name.
        problems: where findings are collected, with the positions of the file.

    Raises:
        PolicyError: unknown keys, values of the wrong kind, names that lead nowhere, twins.
    """
    checked = RECORDS.check(dict(root), (), problems)
    problems.raise_if_any()
    check_record_links(checked, policy, problems)
    problems.raise_if_any()
    return Records(
        clients=tuple(_client(name, it) for name, it in checked.get("clients", {}).items()),
        contacts=tuple(Contact(**it) for it in checked.get("contacts", ())),
        devices=tuple(Device(**it) for it in checked.get("devices", ())),
        people=tuple(_person(name, it) for name, it in checked.get("people", {}).items()),
        rooms=tuple(Room(name, **it) for name, it in checked.get("rooms", {}).items()),
        integrations=tuple(
            Integration(name, **it) for name, it in checked.get("integrations", {}).items()
        ),
        subscriptions=tuple(
            Subscription(name, it["url"], tuple(it.get("clients", ())))
            for name, it in checked.get("subscriptions", {}).items()
        ),
    )


def _client(name: str, it: Mapping[str, Any]) -> Client:
    return Client(
        name=name,
        agreement=it["agreement"],
        record=it.get("record", "tierline"),
        mode=Mode(it["mode"]) if "mode" in it else None,
        domains=tuple(it.get("domains", ())),
    )


def _person(name: str, it: Mapping[str, Any]) -> Person:
    return Person(
        name=name,
        login=it["login"],
        email=it["email"],
        role=Role(it["role"]),
        groups=tuple(it.get("groups", ())),
        client=it.get("client", ""),
    )
