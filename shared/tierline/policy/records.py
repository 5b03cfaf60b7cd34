"""Records: clients, contacts, devices, people, rooms, integrations. Data, not rules; no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tierline.domain.policy import Policy
from tierline.domain.terms import Mode, Role
from tierline.policy.errors import Problems
from tierline.policy.records_grammar import RECORDS
from tierline.policy.records_links import check_record_links


@dataclass(frozen=True, slots=True)
class Client:
    """Whom we serve. `record` says whose ticket is the ticket: `tierline` or `psa`."""

    name: str
    agreement: str
    record: str = "tierline"
    mode: Mode | None = None
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """Who at a client may ask and be told."""

    client: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Device:
    """A thing that can fail. `name` is its host name; `criticality` runs from 1 (worst) to 3."""

    client: str
    name: str
    type: str
    criticality: int
    site: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of ours, or of a client or partner: `client` is then the wall they stand behind."""

    name: str
    login: str
    email: str
    role: Role
    groups: tuple[str, ...] = ()
    client: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """A chat room. `kind` is `slack` or `mattermost`; `url` is its incoming webhook, or empty."""

    name: str
    kind: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Integration:
    """A source of alerts. Its client is bound by `client`, or read from the fact `client_field`."""

    name: str
    kind: str
    client: str = ""
    client_field: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """An outgoing webhook. `clients` limits it; empty: all."""

    name: str
    url: str
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """Everything of `records.yaml`, in the order it is written."""

    clients: tuple[Client, ...] = ()
    contacts: tuple[Contact, ...] = ()
    devices: tuple[Device, ...] = ()
    people: tuple[Person, ...] = ()
    rooms: tuple[Room, ...] = ()
    integrations: tuple[Integration, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()


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
