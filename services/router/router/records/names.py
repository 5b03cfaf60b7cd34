"""What names in records may lead to, as far as the records at hand mention them."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from router.limits import NAMES_SUGGESTED
from tierline.domain.policy import Policy
from tierline.policy.kinds import KINDS, Document, Kind
from tierline.policy.kinds.linking import mentions
from tierline.store.tickets import Connection

HOURS = "SELECT document -> 'hours' FROM tierline.policy_version WHERE active"


class StoredNames:
    """Names that were looked up beforehand; made by `names_for`."""

    def __init__(
        self, known: Mapping[tuple[str, str], Collection[str]], hours: Mapping[str, Any]
    ) -> None:
        self._known = known
        self._hours = hours

    def known(self, to: str, client: str) -> Collection[str]:
        """The names of a kind, of `client` where it is not ""."""
        return self._known.get((to, client), ())

    @property
    def hours(self) -> Mapping[str, Any]:
        """The policy's hours by name."""
        return self._hours


async def names_for(
    connection: Connection, policy: Policy, kind: Kind, documents: Iterable[Document]
) -> StoredNames:
    """Look up every name that these records mention.

    Args:
        connection: reads the records that are named.
        policy: whose agreements and groups may be named.
        kind: of the records.
        documents: what the grammar accepted.

    Returns:
        The names that exist, and where one does not, some that are near.
    """
    wanted: dict[tuple[str, str], set[str]] = {}
    for document in documents:
        for it in mentions(kind, document):
            wanted.setdefault((it.link.to, it.client), set()).add(it.name)
    known: dict[tuple[str, str], Collection[str]] = {
        ("agreements", ""): policy.offered,
        ("groups", ""): list(policy.groups),
    }
    for (to, client), names in wanted.items():
        if to in KINDS:
            known[to, client] = await _there(connection, KINDS[to], client, names)
    hours: dict[str, Any] = {}
    if kind.hours:
        hours = json.loads(await connection.fetchval(HOURS) or "{}") or {}
    return StoredNames(known, hours)


async def _there(
    connection: Connection, kind: Kind, client: str, names: set[str]
) -> frozenset[str]:
    """Of these names those that exist; with one missing, NAMES_SUGGESTED of the others too."""
    label = kind.table.column(kind.label)
    assert label is not None, kind.name  # noqa: S101 - of every kind; a test looks
    ours = "t.client = $2" if client else "$2::text = ''"
    source = f"SELECT t.{label.name} AS name FROM tierline.{kind.table.name} t WHERE {ours}"
    found = await connection.fetch(
        f"{source} AND t.{label.name} = ANY($1::text[])", sorted(names), client
    )
    there = frozenset(row["name"] for row in found)
    if there >= names:
        return there
    others = await connection.fetch(f"{source} ORDER BY 1 LIMIT $1", NAMES_SUGGESTED, client)
    return there | {row["name"] for row in others}
