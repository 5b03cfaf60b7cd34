"""Alerts of a quiet moment go to triage as they are committed.

The way through the outbox and the broker is what spreads a load over replicas, and costs an alert
some milliseconds. One that comes after a silence need not pay them: the process that committed it
has it in hand. It is triaged by the same transaction under the same locks; its message comes by the
broker all the same, and finds that it has its outcome (docs/decisions/0018).

It overtakes nothing: while an older alert waits for its outcome, a recovery that went ahead would
find nothing open, and what fired before it would have no ticket.
"""

import asyncio
from collections.abc import Sequence

import structlog

from intake.inserts import Row, Taken
from intake.triage.limits import IN_HAND_MAX, QUIET_S
from intake.triage.triager import Triager
from tierline.messages.alert import AcceptedAlert, decode_alert
from tierline.pulse import at_work

log = structlog.get_logger(__name__)


class InHand:
    """Hands committed alerts to `triager`; what it leaves, or loses, the broker brings.

    Args:
        triager: gives alerts their outcome.
    """

    def __init__(self, triager: Triager) -> None:
        self._triager = triager
        self._waiting: list[tuple[Row, Taken]] = []
        self._came = asyncio.Event()
        self._last = float("-inf")

    def offer(self, rows: Sequence[Row], taken: Sequence[Taken]) -> None:
        """Take a commit's alerts over, if they are few and the first for QUIET_S; never waits.

        Args:
            rows: as they were committed.
            taken: what PostgreSQL made of each.
        """
        now = asyncio.get_running_loop().time()
        quiet, self._last = now - self._last >= QUIET_S, now
        if quiet and not self._waiting and len(rows) <= IN_HAND_MAX:
            self._waiting = list(zip(rows, taken, strict=True))
            self._came.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Triage what is offered, until `stop`."""
        stopped = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                came = asyncio.ensure_future(self._came.wait())
                await asyncio.wait({came, stopped}, return_when=asyncio.FIRST_COMPLETED)
                came.cancel()
                with at_work():
                    await self._triage()
        finally:
            stopped.cancel()

    async def _triage(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._came.clear()
        try:
            if waiting:
                first = min(taken.id for _, taken in waiting)
                alerts = [_accepted(row, taken) for row, taken in waiting]
                await self._triager.take(alerts, first=first)
        except Exception as error:  # noqa: BLE001 - whatever it is, the broker brings them again
            log.warning("alerts are left to the broker", alerts=len(waiting), reason=repr(error))


def _accepted(row: Row, taken: Taken) -> AcceptedAlert:
    return AcceptedAlert(
        id=taken.id,
        index=row.index,
        accepted_at=taken.accepted_at,
        integration=row.integration,
        source=row.source,
        client=row.client,
        alert=decode_alert(row.body),
    )
