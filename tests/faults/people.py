"""People at work while things break: claims and races for them, notes, plans, holds, moves, ends.

Every command carries an Idempotency-Key and is asked again under it until a final answer came; some
are asked once more after that, to see that the answer stays the same.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.faults.wire import BROKEN, TIMEOUT_S, Reply, Wire

LOGINS = ("sam", "leila", "marek", "priya", "tom", "ines", "ana", "joel", "grace")
HANDS = 8
"""Commands under way at once."""

COMMANDS_PER_S = 20.0
ASK_AGAIN_SHARE = 0.1
TRIES_MAX = 400
PAUSE_MAX_S = 0.5
LOOK_EVERY_S = 2.0
RACERS = 3
FINAL = frozenset({200, 201, 403, 404, 409, 413, 422})
"""Statuses that another try would not change."""

VERBS: Sequence[tuple[str, float]] = (
    ("race", 3.0),
    ("notes", 3.0),
    ("plan", 2.0),
    ("hold", 1.0),
    ("resume", 1.0),
    ("move", 1.0),
    ("release", 0.5),
    ("resolve", 1.5),
    ("confirm", 0.7),
    ("reject", 0.3),
    ("reopen", 0.3),
)


@dataclass(slots=True)
class Asked:
    """One command: its key, who asked what of which ticket, every final answer it got."""

    key: str
    login: str
    ticket: int
    verb: str
    tries: int = 0
    answers: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The first final answer's status; 0 while there is none."""
        return self.answers[0][0] if self.answers else 0


@dataclass(slots=True)
class CommandRecord:
    """What the people know, kept on their side alone. `races`: tickets and the keys of claims."""

    asked: dict[str, Asked] = field(default_factory=dict)
    races: list[tuple[int, list[str]]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


class People:
    """Acts on tickets over the API of every replica of the router.

    Args:
        ports: of those replicas.
        passwords: by login.
        rng: who does what.
        record: where what was answered is kept.
        clock: policy time as the driver reckons it, UTC.
        per_s: commands a second, all together.
        timeout_s: the longest wait for one answer.
    """

    def __init__(
        self,
        ports: Sequence[int],
        passwords: Mapping[str, str],
        rng: Random,
        record: CommandRecord,
        clock: "ClockReckoning",
        per_s: float = COMMANDS_PER_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._ports = ports
        self._passwords = passwords
        self._rng = rng
        self._record = record
        self._clock = clock
        self._per_s = per_s
        self._timeout_s = timeout_s
        self._sessions: dict[str, str] = {}
        self._wires: list[list[Wire]] = []
        self._tickets: list[int] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Act until `stop`, then until every command has its final answer."""
        looking = asyncio.create_task(self._look(stop))
        hands = [asyncio.create_task(self._act(number, stop)) for number in range(HANDS)]
        await asyncio.gather(looking, *hands)

    def _lines(self) -> list[Wire]:
        return [Wire(port, timeout_s=self._timeout_s) for port in self._ports]

    async def _look(self, stop: asyncio.Event) -> None:
        """Keep a list of tickets to act on, the newest first."""
        wires = self._lines()
        turn = 0
        while not stop.is_set():
            headers = {"authorization": f"Bearer {await self._session('priya', wires)}"}
            path = "/v1/tickets?sort=number&limit=60&state=queued&state=working"
            path += "&state=on_hold&state=resolved"
            turn += 1
            try:
                reply = await wires[turn % len(wires)].ask("GET", path, None, headers)
                if reply.status == 200:
                    self._tickets = [row["number"] for row in reply.json()["items"]]
                else:
                    self._record.refused[f"list {reply.status}"] += 1
            except BROKEN as error:
                self._record.refused[type(error).__name__] += 1
            await _wait(stop, LOOK_EVERY_S)
        _close(wires)

    async def _act(self, number: int, stop: asyncio.Event) -> None:
        wires = [self._lines() for _ in range(RACERS)]
        verbs, weights = [v for v, _ in VERBS], [w for _, w in VERBS]
        while not stop.is_set():
            await _wait(stop, self._rng.uniform(0, 2 * HANDS / self._per_s))
            if stop.is_set() or not self._tickets:
                continue
            ticket, verb = self._rng.choice(self._tickets), self._rng.choices(verbs, weights)[0]
            if verb == "race":
                await self._race(wires, ticket)
            else:
                login = self._rng.choice(LOGINS)
                await self._do(wires[0], Asked(_key(), login, ticket, verb))
        for pair in wires:
            _close(pair)

    async def _race(self, wires: list[list[Wire]], ticket: int) -> None:
        """Several people claim one ticket at the same moment."""
        logins = self._rng.sample(LOGINS, RACERS)
        asked = [Asked(_key(), login, ticket, "claim") for login in logins]
        self._record.races.append((ticket, [one.key for one in asked]))
        await asyncio.gather(*(self._do(w, one) for w, one in zip(wires, asked, strict=True)))

    async def _do(self, wires: list[Wire], asked: Asked) -> None:
        """Ask until a final answer came; now and then once more after it."""
        self._record.asked[asked.key] = asked
        body = self._body(asked.verb)
        wanted = 2 if self._rng.random() < ASK_AGAIN_SHARE else 1
        turn = self._rng.randrange(len(wires))
        for tried in range(TRIES_MAX):
            asked.tries += 1
            turn += 1
            reply = await self._ask(wires, turn, asked, body)
            if reply is not None:
                asked.answers.append((reply.status, reply.body))
                if len(asked.answers) == wanted:
                    return
                continue
            await asyncio.sleep(min(0.05 * (tried + 1), PAUSE_MAX_S))

    async def _ask(
        self, wires: list[Wire], turn: int, asked: Asked, body: dict[str, Any]
    ) -> Reply | None:
        """One try; None where the answer is not final."""
        headers = {
            "authorization": f"Bearer {await self._session(asked.login, wires)}",
            "idempotency-key": asked.key,
        }
        path = f"/v1/tickets/{asked.ticket}/{asked.verb}"
        try:
            reply = await wires[turn % len(wires)].ask("POST", path, body, headers)
        except BROKEN as error:
            self._record.refused[type(error).__name__] += 1
            return None
        if reply.status in FINAL:
            return reply
        self._record.refused[str(reply.status)] += 1
        return None

    async def _session(self, login: str, wires: list[Wire]) -> str:
        """The login's session, begun at first use."""
        for tried in range(TRIES_MAX):
            if login in self._sessions:
                return self._sessions[login]
            said = {"login": login, "password": self._passwords[login]}
            try:
                reply = await wires[tried % len(wires)].ask("POST", "/v1/sessions", said)
            except BROKEN as error:
                self._record.refused[type(error).__name__] += 1
            else:
                if reply.status == 201:
                    self._sessions[login] = reply.json()["session"]
                    continue
                self._record.refused[f"login {reply.status}"] += 1
            await asyncio.sleep(PAUSE_MAX_S)
        raise RuntimeError(f"{login} could not log in")

    def _body(self, verb: str) -> dict[str, Any]:
        rng = self._rng
        promised = self._clock.now() + timedelta(minutes=rng.choice((10, 30, 120)))
        bodies: dict[str, dict[str, Any]] = {
            "claim": {},
            "notes": {"text": "looked at it", "to_client": rng.random() < 0.3},
            "plan": {"next_step": "swap the part", "promised_at": promised.isoformat()},
            "hold": {
                "reason": rng.choice(("client", "vendor", "approval")),
                "asked": "may we restart it?",
            },
            "resume": {"because": "they answered"},
            "move": rng.choice(
                ({"reason": "beyond us"}, {"reason": "network", "to_group": "Network"})
            ),
            "release": {"reason": "off shift"},
            "resolve": {"resolution": "part swapped", "tier_below_could": "no"},
            "confirm": {},
            "reject": {"reason": "still broken"},
            "reopen": {"reason": "it is back"},
        }
        return bodies[verb]


@dataclass(slots=True)
class ClockReckoning:
    """Policy time reckoned from one reading of the policy clock."""

    read_at: float = 0.0
    then: datetime | None = None
    speed: float = 1.0

    def note(self, then: datetime, speed: float) -> None:
        """Take a fresh reading."""
        self.read_at, self.then, self.speed = time.monotonic(), then, speed

    def now(self) -> datetime:
        """Policy time now, as far as we know."""
        assert self.then is not None, "note() comes first"
        return self.then + timedelta(seconds=(time.monotonic() - self.read_at) * self.speed)


def _key() -> str:
    return f"fault-{uuid.uuid4().hex}"


def _close(wires: Sequence[Wire]) -> None:
    for wire in wires:
        wire.close()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
