"""Records as a folder gives them: data, not rules; no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tierline.domain.rota import Schedule
from tierline.domain.terms import Mode, Role
from tierline.policy.kinds import Document


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
    """An outgoing webhook. `clients` limits it; empty: all. `restricted`: it gets such tickets."""

    name: str
    url: str
    clients: tuple[str, ...] = ()
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """Everything of `records.yaml`, in the order it is written.

    `documents` are the records of each kind, whole; what stands beside it is the part of them that
    the program itself reads.
    """

    clients: tuple[Client, ...] = ()
    contacts: tuple[Contact, ...] = ()
    devices: tuple[Device, ...] = ()
    people: tuple[Person, ...] = ()
    rooms: tuple[Room, ...] = ()
    integrations: tuple[Integration, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    documents: Mapping[str, tuple[Document, ...]] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()
