"""Sources of alerts: they fire, recover, repeat, and come again after a 503 or a broken line."""

import asyncio
import json
from random import Random
from typing import TYPE_CHECKING, Any

from intake.errors import AwayError, BusyError
from intake.keys import Integration
from tests.simulation.broken import TITLE
from tests.simulation.furnish import CLIENTS
from tierline.store.database import UNREACHABLE

if TYPE_CHECKING:
    from tests.simulation.world import World

INTEGRATIONS = (
    Integration("rmm", "json", client="Harbour"),
    Integration("monitor", "json", client_field="client"),
)
REQUESTS = (8, 18)
UNTIL_S = 21.0
"""Nothing new is sent later than this, in virtual seconds."""

BROKEN = 0.12
"""Chance that an alert is one that cannot be sorted, where there are such."""

TRIES = 400
WAIT_S = (0.2, 2.0)
COME_AGAIN = (*UNREACHABLE, AwayError, BusyError)
"""What a sender sees as a 503, or as a line that broke: it sends the same again."""


class Senders:
    """All of them. `pending`: requests without an answer yet."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._random = Random(f"{world.seed} senders")
        self._breaks = Random(f"{world.seed} broken alerts")
        self.pending = 0

    def start(self) -> None:
        """Set off every request at its own instant."""
        for _ in range(self._random.randint(*REQUESTS)):
            self.pending += 1
            integration, body = self._random.choice(INTEGRATIONS), self._body()
            wait = self._random.uniform(0.0, UNTIL_S)
            self._world.loop.create_task(self._send(wait, integration, body))

    def _body(self) -> bytes:
        count = self._random.choice((1, 1, 1, 2, 5))
        members = [self._member() for _ in range(count)]
        if self._random.random() < 0.1:
            members.append(self._bad_member())
        return json.dumps(members if len(members) > 1 else members[0]).encode()

    def _member(self) -> dict[str, Any]:
        draw = self._random
        key = f"k{draw.randrange(6)}"
        member: dict[str, Any] = {
            "dedup_key": key,
            "title": f"{key} is down",
            "status": "resolved" if draw.random() < 0.3 else "firing",
            "severity": draw.choice(("critical", "critical", "error", "warning")),
            "client": draw.choice((*CLIENTS, "nobody knows it")),
        }
        if draw.random() < 0.4:
            # The same problem from both sources, whatever their own keys are.
            member["labels"] = {"alertname": "SiteDown", "site": draw.choice(("quay", "hill"))}
        if self._world.mix.broken and self._breaks.random() < BROKEN:
            member["title"] = TITLE
        return member

    def _bad_member(self) -> dict[str, Any]:
        member = {"title": f"no key {self._random.randrange(1_000_000)}"}
        self._world.watch.poison.add(json.dumps(member, separators=(",", ":")).encode())
        self._world.watch.poison.add(json.dumps(member).encode())
        return member

    async def _send(self, wait_s: float, integration: Integration, body: bytes) -> None:
        await asyncio.sleep(wait_s)
        world = self._world
        for _ in range(TRIES):
            process = self._random.choice(world.replicas("intake"))
            try:
                result = await process.ask(lambda parts: parts.edge.accept(integration, body))
            except COME_AGAIN as error:
                world.trace.say(f"{integration.name} is told to come again: {type(error).__name__}")
                world.counts["sent again"] += 1
                await asyncio.sleep(self._random.uniform(*WAIT_S))
                continue
            ids = [taken.id for _, taken in result.accepted]
            world.trace.say(f"{integration.name} is answered: {ids}")
            world.counts["alerts"] += len(ids)
            world.watch.alerts.answered(ids)
            break
        self.pending -= 1
