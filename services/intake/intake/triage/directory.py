"""What records say of an alert's client and device, kept for a few seconds."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from intake.triage.limits import DEVICES_MAX, DIRECTORY_S
from tierline.domain.approval import Approver
from tierline.domain.bought import Bought
from tierline.domain.terms import Mode
from tierline.store.approvers import read_approvers
from tierline.store.bought import read_bought


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """A client: the agreement it bought, whose ticket is the record, how far we may go.

    `bought`: all its agreements, where there are several. `approvers`: who may approve what the
    agreement does not hold, as far as that is asked for.
    """

    name: str
    agreement: str = ""
    bought: tuple[Bought, ...] = ()
    record: str = "tierline"
    mode: Mode | None = None
    approvers: tuple[Approver, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A device of a client: where, what, how critical (1 worst to 3; None unknown).

    `agreement`: the one that covers it, where its record says so.
    """

    site: str = ""
    type: str = ""
    criticality: int | None = None
    agreement: str = ""


CLIENTS = """
SELECT name, agreement, record, mode, doc ->> 'agreements' AS bought FROM tierline.client
"""

DEVICES = (
    "SELECT d.client, d.name, d.site, d.type, d.criticality, d.agreement FROM tierline.device d"
    " JOIN unnest($1::text[], $2::text[]) AS u(client, name)"
    " ON d.client = u.client AND d.name = u.name"
)


class Directory:
    """Clients and devices by name, each looked up at most once in DIRECTORY_S seconds."""

    def __init__(self) -> None:
        self._clients: dict[str, ClientRecord] = {}
        self._clients_until = 0.0
        self._devices: dict[tuple[str, str], tuple[float, DeviceRecord | None]] = {}

    def client(self, name: str) -> ClientRecord:
        """The client of that name; an empty record for one that is not known."""
        return self._clients.get(name) or ClientRecord(name)

    def device(self, client: str, host: str) -> DeviceRecord | None:
        """The device of that name, as far as `load` has been asked for it."""
        found = self._devices.get((client, host))
        return found[1] if found else None

    async def load(
        self, connection: Any, wanted: Collection[tuple[str, str]], *, approvers: bool = False
    ) -> None:
        """See to it that every client, and the (client, host) pairs `wanted`, are at hand.

        With `approvers`, who may approve for each client, too.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._clients_until:
            rows = await connection.fetch(CLIENTS)
            known = await read_approvers(connection, None) if approvers else {}
            self._clients = {row["name"]: _client(row, known) for row in rows}
            self._clients_until = now + DIRECTORY_S
        missing = {
            pair for pair in wanted if pair[1] and self._devices.get(pair, (0.0, None))[0] <= now
        }
        if missing:
            await self._load_devices(connection, sorted(missing), now)

    async def _load_devices(
        self, connection: Any, pairs: Collection[tuple[str, str]], now: float
    ) -> None:
        if len(self._devices) > DEVICES_MAX:
            self._devices.clear()
        rows = await connection.fetch(
            DEVICES, [client for client, _ in pairs], [host for _, host in pairs]
        )
        until = now + DIRECTORY_S
        self._devices.update(dict.fromkeys(pairs, (until, None)))
        for row in rows:
            device = DeviceRecord(row["site"], row["type"], row["criticality"], row["agreement"])
            self._devices[row["client"], row["name"]] = (until, device)


def _client(row: Any, approvers: Mapping[str, tuple[Approver, ...]]) -> ClientRecord:
    mode = Mode(row["mode"]) if row["mode"] else None
    may_approve = approvers.get(row["name"], ())
    bought = read_bought(row["bought"])
    return ClientRecord(row["name"], row["agreement"], bought, row["record"], mode, may_approve)
