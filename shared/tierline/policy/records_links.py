"""Do the names in records and policy lead to each other?"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tierline.domain.policy import Policy
from tierline.policy.codes import Code
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.kinds import KINDS, Document, Kind
from tierline.policy.kinds.client import UNSORTED
from tierline.policy.kinds.linking import check_record

if TYPE_CHECKING:
    from tierline.policy.records import Records

Placed = tuple[Where, Document]
"""A record of a kind, and where it stands in the file."""


class FolderNames:
    """The names of a folder: those of its records, and those of its policy.

    Args:
        documents: the records of each kind.
        policy: the compiled policy.
        hours: the policy's hours by name, as in its document.
    """

    def __init__(
        self,
        documents: Mapping[str, Sequence[Placed]],
        policy: Policy,
        hours: Mapping[str, Any],
    ) -> None:
        self._known: dict[tuple[str, str], list[str]] = {
            ("agreements", ""): policy.offered,
            ("groups", ""): list(policy.groups),
        }
        self._hours = hours
        for name, placed in documents.items():
            kind = KINDS[name]
            for _, document in placed:
                client = str(document["client"]) if "client" in kind.key else ""
                self._known.setdefault((name, client), []).append(str(document[kind.label]))

    def known(self, to: str, client: str) -> Collection[str]:
        """The names of a kind, of `client` where it is not ""."""
        return self._known.get((to, client), ())

    @property
    def hours(self) -> Mapping[str, Any]:
        """The policy's hours by name."""
        return self._hours


def check_record_links(
    records: Mapping[str, Any],
    documents: Mapping[str, Sequence[Placed]],
    names: FolderNames,
    policy: Policy,
    problems: Problems,
) -> None:
    """Note names in the records that lead nowhere, and records given twice.

    Args:
        records: what the grammar of records accepted.
        documents: its records of each kind, placed.
        names: of the same folder.
        policy: whose groups have members.
        problems: where findings are collected.
    """
    for name, placed in documents.items():
        for at, document in placed:
            check_record(KINDS[name], document, at, names, problems)
        _twins(KINDS[name], placed, problems)
    _memberships(records.get("people", {}), policy, problems)
    clients = records.get("clients", {})
    _integrations(records.get("integrations", {}), clients, problems)
    for name, it in records.get("subscriptions", {}).items():
        for i, client in enumerate(it.get("clients", ())):
            _known(client, clients, ("subscriptions", name, "clients", i), "client", problems)


def _known(name: str, known: Iterable[str], at: Where, what: str, problems: Problems) -> None:
    names = list(known)
    if name not in names:
        problems.error(at, f"no {what} is called `{name}`", did_you_mean(name, names))


def _memberships(people: Mapping[str, Any], policy: Policy, problems: Problems) -> None:
    for name, person in people.items():
        for i, group in enumerate(person.get("groups", ())):
            known = policy.groups.get(group)
            if known is not None and known.members and name not in known.members:
                missing = f"`{name}` is not among the members of `{group}`"
                at: Where = ("people", name, "groups", i)
                fix = "add them to the group's members"
                problems.warn(at, missing, fix, code=Code.NOT_A_MEMBER)


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
            fix = "add `client` or `client_field`"
            problems.warn(at, unbound, fix, code=Code.SOURCE_WITHOUT_CLIENT, at_key=True)


def _twins(kind: Kind, placed: Sequence[Placed], problems: Problems) -> None:
    """No two records have the same key, nor anything alike that must not be."""
    seen: set[tuple[str, ...]] = set()
    for at, document in placed:
        for fields in (kind.key, *kind.alone):
            values = [str(document[name]) for name in fields]
            folded = tuple(value.casefold() for value in values)
            if (*fields, *folded) in seen:
                said = f"`{values[-1]}` is listed twice: there are two {kind.name}"
                named = f"{said} called {values[-1]}" if fields[-1] == kind.label else said
                problems.error((*at, fields[-1]), named, "keep one of the two")
            seen.add((*fields, *folded))


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
    partners = {str(it["name"]) for it in records.documents.get("partners", ())}
    for name, group in policy.groups.items():
        at: Where = ("groups", name)
        for i, member in enumerate(group.members):
            _unrecorded(member, people, (*at, "members", i), "person", problems)
        if group.lead:
            _unrecorded(group.lead, people, (*at, "lead"), "person", problems)
        if group.room:
            _unrecorded(group.room, rooms, (*at, "room"), "room", problems)
        whose, _, of = group.of.partition(" ")
        if whose in {"client", "partner"}:
            known = clients if whose == "client" else partners
            _unrecorded(of, known, (*at, "of"), whose, problems)
    for role, person in policy.people.items():
        _unrecorded(person, people, ("people", role.replace(" ", "_")), "person", problems)
    for client in policy.mode.clients:
        _unrecorded(client, clients, ("mode", client), "client", problems)
    for client in policy.clients:
        _unrecorded(client, clients, ("clients", client), "client", problems)


def _unrecorded(name: str, known: set[str], at: Where, what: str, problems: Problems) -> None:
    if name not in known:
        message = f"no record knows a {what} called `{name}`"
        remedy = did_you_mean(name, known) or "add the record"
        problems.warn(at, message, remedy, code=Code.NOT_RECORDED)
