"""The tables as the migrations make them: columns, defaults, keys, unique indexes, checks."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from operator import itemgetter
from typing import Any

from tierline.testing.postgres.rows import Stored

KeyOf = Callable[[Stored], Hashable]


class Default(Enum):
    """A column's default that is not a constant."""

    CLOCK = "clock_timestamp()"
    NOW = "now()"
    IDENTITY = "generated always as identity"


CLOCK, NOW, IDENTITY = Default.CLOCK, Default.NOW, Default.IDENTITY
ANCHOR = datetime(2000, 1, 1, tzinfo=UTC)
REACTION_STATES = frozenset({"pending", "done", "refused", "failed"})
MESSAGE_STATES = frozenset({"pending", "delivered", "failed", "superseded", "held"})


@dataclass(frozen=True, slots=True)
class Table:
    """What a table is.

    Attributes:
        required: columns that must be given.
        optional: columns with a default (None: null), a constant or a Default.
        key: the columns of the primary key.
        unique: other unique indexes by name; the key a row has in it, None where it has none.
        indexes: what the answers look rows up by; no meaning beyond speed.
        checks: CHECK constraints by name.
    """

    name: str
    required: tuple[str, ...]
    optional: Mapping[str, Any]
    key: tuple[str, ...]
    unique: Mapping[str, KeyOf] = field(default_factory=dict)
    indexes: Mapping[str, KeyOf] = field(default_factory=dict)
    checks: Mapping[str, Callable[[Stored], bool]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """All of its columns."""
        return (*self.required, *self.optional)


def _by(*columns: str) -> KeyOf:
    return itemgetter(*columns)


def _open_problem(ticket: Stored) -> Hashable:
    if ticket["state"] == "closed" or not ticket["problem_key"]:
        return None
    return (ticket["client"], ticket["problem_key"])


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_RECORD: Stored = {"doc": "{}", "version": 1, "changed_at": NOW, "loaded": ""}
"""What every table of records has beside its own columns."""

ALL = (
    Table(
        "policy_clock",
        (),
        {
            "one": True,
            "real_anchor": ANCHOR,
            "anchor": ANCHOR,
            "speed": 1.0,
            "held": False,
            "changed": 0,
        },
        ("one",),
    ),
    Table(
        "policy_version",
        _words("version document"),
        {"loaded_at": NOW, "loaded_by": "", "active": False},
        ("version",),
        unique={"policy_version_active": lambda row: True if row["active"] else None},
    ),
    Table("calendar", _words("hash document"), {}, ("hash",)),
    Table(
        "client",
        ("name",),
        {
            "agreement": "",
            "record": "tierline",
            "mode": None,
            "domains": [],
            "account_manager": "",
            "service_manager": "",
            **_RECORD,
        },
        ("name",),
    ),
    Table(
        "contact",
        _words("client name"),
        {"id": IDENTITY, "email": "", "vip": False, "phone": "", **_RECORD},
        ("id",),
        unique={"contact_client_name_key": _by("client", "name")},
        indexes={"client": _by("client")},
    ),
    Table(
        "device",
        _words("client name"),
        {"site": "", "type": "", "criticality": None, "agreement": "", **_RECORD},
        ("client", "name"),
    ),
    Table(
        "person",
        _words("login name role"),
        {
            "email": "",
            "groups": [],
            "clients": None,
            "password_hash": "",
            "active": True,
            "skills": [],
            "zone": "",
            "capacity": None,
            "usual_clients": [],
            **_RECORD,
        },
        ("login",),
    ),
    Table("room", _words("name kind"), {"url": ""}, ("name",)),
    Table(
        "subscription",
        _words("name url secrets"),
        {
            "clients": None,
            "types": None,
            "active": True,
            "disabled_at": None,
            "why": "",
            "restricted": False,
        },
        ("name",),
    ),
    Table(
        "alert",
        _words("accepted_at integration source client dedup_key body"),
        {
            "id": IDENTITY,
            "received_at": CLOCK,
            "idx": 0,
            "outcome": None,
            "ticket": None,
            "handled_at": None,
        },
        ("id",),
        indexes={
            "waiting": lambda row: True if row["outcome"] is None else None,
            "alike": itemgetter("client", "dedup_key", "integration"),
        },
    ),
    Table(
        "problem",
        _words("client key"),
        {"accepted_at": None, "idx": 0, "alert": 0, "ticket": None},
        ("client", "key"),
    ),
    Table(
        "ticket",
        _words("id seq doc state type client title priority tier grp owner opened_at recorded_at"),
        {
            "problem_key": "",
            "promise_due": None,
            "next_due_at": None,
            "changed_at": CLOCK,
            "major": False,
            "offered_to": "",
            "booked_from": None,
            "booked_until": None,
            "confirming": "",
        },
        ("id",),
        unique={"ticket_open_problem": _open_problem},
        indexes={"open_problem": _open_problem},
        checks={
            "ticket_check": lambda row: (row["next_due_at"] is None) == (row["state"] == "closed")
        },
    ),
    Table(
        "event",
        _words("ticket seq at recorded_at type client body"),
        {"cause": "", "written_at": CLOCK},
        ("ticket", "seq"),
        indexes={"ticket": _by("ticket")},
    ),
    Table("action", _words("ticket number owner due"), {}, ("ticket", "number")),
    Table("joined", _words("ticket login"), {}, ("ticket", "login")),
    Table("restricted", _words("ticket keys"), {}, ("ticket",)),
    Table(
        "command",
        _words("asker key digest status answer"),
        {"created_at": NOW},
        ("asker", "key"),
    ),
    Table(
        "outbox",
        _words("shard topic key body"),
        {"id": IDENTITY, "created_at": CLOCK},
        ("id",),
        indexes={"shard": _by("shard")},
    ),
    Table("progress", _words("consumer ticket seq"), {}, ("consumer", "ticket")),
    Table("sweep", _words("consumer clean_until"), {}, ("consumer",)),
    Table(
        "reaction",
        _words("ticket seq kind target"),
        {
            "id": IDENTITY,
            "muted": False,
            "state": "pending",
            "reason": "",
            "created_at": CLOCK,
            "settled_at": None,
        },
        ("id",),
        unique={"reaction_ticket_seq_kind_target_key": _by("ticket", "seq", "kind", "target")},
        indexes={"pending": lambda row: True if row["state"] == "pending" else None},
        checks={"reaction_state_check": lambda row: row["state"] in REACTION_STATES},
    ),
    Table(
        "notice",
        _words("ticket seq client kind recipient occasion reach policy why state"),
        {
            "id": IDENTITY,
            "reason": "",
            "message": None,
            "created_at": CLOCK,
            "settled_at": None,
        },
        ("id",),
        unique={"notice_ticket_seq_kind_recipient_key": _by("ticket", "seq", "kind", "recipient")},
        indexes={"message": _by("message"), "ticket": _by("ticket")},
    ),
    Table(
        "message",
        _words("channel address key content"),
        {
            "id": IDENTITY,
            "line": "",
            "state": "pending",
            "attempt": 0,
            "due_at": CLOCK,
            "created_at": CLOCK,
            "settled_at": None,
            "proof": "",
            "reason": "",
            "fallback_of": None,
        },
        ("id",),
        unique={"message_key_key": _by("key")},
        indexes={
            "pending": lambda row: True if row["state"] == "pending" else None,
            "line": lambda row: row["line"] or None if row["state"] == "pending" else None,
            "address": lambda row: (row["channel"], row["address"]),
        },
        checks={"message_state_check": lambda row: row["state"] in MESSAGE_STATES},
    ),
    Table(
        "attempt",
        _words("message number"),
        {"began_at": CLOCK, "ended_at": None, "outcome": "", "detail": ""},
        ("message", "number"),
        indexes={"message": _by("message")},
    ),
    Table(
        "dead_letter",
        _words("source body reason"),
        {"id": IDENTITY, "key": "", "at": CLOCK, "replayed_at": None},
        ("id",),
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in ALL}

SEQUENCES = {"ticket_number": 1001}
"""Sequences that are no identity of a table, and where they start."""

SEED: tuple[tuple[str, Stored], ...] = (("policy_clock", {}), ("client", {"name": "Unsorted"}))
"""Rows that the migrations write."""
