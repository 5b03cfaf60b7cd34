"""Records beside the policy: clients, contacts, devices, people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from router.limits import CONTACTS_MAX
from router.places import sees_group
from tierline.domain.bought import Bought
from tierline.domain.policy import Policy
from tierline.domain.terms import Mode
from tierline.store.bought import read_bought
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.walls import wall, walled_to


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What opening a ticket asks the records: the client's terms, the device, the requester."""

    agreement: str
    bought: tuple[Bought, ...]
    record: str
    mode: Mode | None
    device: Mapping[str, Any]
    site: str
    vip: bool

    @property
    def may_be_under(self) -> set[str]:
        """The agreements that a ticket of it may be under."""
        return {self.agreement, *(one.name for one in self.bought)}


async def client_names(connection: Connection, principal: Principal) -> list[str]:
    """The clients `principal` may see, by name."""
    rows = await connection.fetch(
        f"SELECT c.name FROM tierline.client c WHERE {wall('c.name', 1)} ORDER BY c.name",
        walled_to(principal),
    )
    return [row["name"] for row in rows]


CLIENT_FACTS = """
SELECT coalesce(nullif(d.agreement, ''), c.agreement) AS agreement,
    CASE WHEN coalesce(d.agreement, '') = '' THEN c.doc ->> 'agreements' END AS bought,
    c.record, c.mode, d.type, d.criticality, coalesce(d.site, '') AS site,
    coalesce((SELECT bool_or(vip) FROM tierline.contact x WHERE x.client = c.name
        AND ((x.email <> '' AND lower(x.email) = lower($3)) OR x.name = $4)), false) AS vip
FROM tierline.client c
LEFT JOIN tierline.device d ON d.client = c.name AND d.name = $2
WHERE c.name = $1
"""


async def client_facts(
    connection: Connection, client: str, *, host: str, name: str, email: str
) -> ClientFacts | None:
    """What the records say of `client`, its device `host` and its contact; None if unknown."""
    row = await connection.fetchrow(
        CLIENT_FACTS,
        client,
        host,
        email,
        name,
    )
    if row is None:
        return None
    device = {"type": row["type"], "criticality": row["criticality"]}
    return ClientFacts(
        agreement=row["agreement"],
        bought=read_bought(row["bought"]),
        record=row["record"],
        mode=Mode(row["mode"]) if row["mode"] else None,
        device={fact: value for fact, value in device.items() if value},
        site=row["site"],
        vip=row["vip"],
    )


async def policy_view(
    connection: Connection, principal: Principal, policy: Policy
) -> dict[str, Any]:
    """The policy in force as far as pages need it, and the records it speaks of."""
    people = await connection.fetch(
        "SELECT login, name, groups FROM tierline.person WHERE active ORDER BY login"
    )
    contacts = await connection.fetch(
        "SELECT c.client, c.name, c.email, c.vip FROM tierline.contact c"
        f" WHERE {wall('c.client', 1)} ORDER BY c.client, c.name LIMIT $2",
        walled_to(principal),
        CONTACTS_MAX,
    )
    by_client: dict[str, list[dict[str, Any]]] = {}
    for row in contacts:
        fields = dict(row)
        by_client.setdefault(fields.pop("client"), []).append(fields)
    return {
        "version": policy.version,
        "tiers": policy.tiers,
        "groups": [
            {
                "name": group.name,
                "tier": group.tier,
                "lead": group.lead,
                "members": [
                    {"login": row["login"], "name": row["name"]}
                    for row in people
                    if group.name in row["groups"]
                ],
            }
            for group in policy.groups.values()
            if sees_group(principal, group)
        ],
        "clients": await client_names(connection, principal),
        "contacts": by_client,
        "priorities": ["P1", "P2", "P3", "P4"],
    }
