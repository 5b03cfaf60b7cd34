"""Reactions at work: a step at a time, each target under its row's lock, exactly once.

What an event means for a thousand tickets is a thousand rows, worked off in steps of STEP, so that
nobody waits for long behind one; whoever dies in between leaves the rest to the next step, here or
in another replica.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from prometheus_client import Counter

from router.limits import REACTION_POLL_S, REACTION_STEP, REACTION_WAIT_S, TRIES
from router.reactions.reaction import ASKER, Asked, Occurrence, cause_of
from router.reactions.register import BY_NAME
from router.reactions.tracing import StepTrace
from router.reactions.waiting import Due, settle, take
from router.replay import REACTIONS
from tierline.domain.commands import LinkProblem, Open
from tierline.domain.decide import decide, decide_open
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage, decode_event
from tierline.messages.traced import each_of
from tierline.policy.source import NoPolicyError
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.dead_letters import bury
from tierline.store.events import missing
from tierline.store.tickets import (
    Change,
    Connection,
    draw_numbers,
    lock_tickets,
    policy_now,
    write_changes,
)

log = structlog.get_logger(__name__)

REACTED = Counter(
    "tierline_router_reactions_total", "What follows for other tickets.", ["kind", "outcome"]
)


Fold = Callable[[Ticket | None, Ticket], None]
"""Counts a ticket that was as it is first given and is as it is then, for whoever decides next."""


def _unseen(_before: Ticket | None, _after: Ticket) -> None:
    """Nobody else decides on this floor."""


@dataclass(slots=True)
class _Step:
    """What one step brings: changes of tickets, and the outcome of each reaction.

    Each reaction is decided on the floor that the one before it leaves.
    """

    policy: Policy
    floor: Floor
    now: datetime
    informed: Mapping[int, Asked] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    outcomes: list[tuple[int, str, str]] = field(default_factory=list)
    trace: StepTrace = field(default_factory=lambda: StepTrace(()))

    def react(self, due: Due, message: TicketMessage, ticket: Ticket | None, number: int) -> None:
        """Do one: decided on its target as a command would be. `number` is for a new ticket."""
        if ticket is None:
            self.outcomes.append((due.id, "refused", "there is no such ticket"))
            return
        command = self._asked(due, message)
        if isinstance(command, str):
            self.outcomes.append((due.id, "refused", command))
            return
        now, cause = max(self.now, message.event.recorded_at), cause_of(message)
        if isinstance(command, Open):
            self._open(due, replace(command, id=number), ticket, now, cause)
            return
        done = decide(ticket, command, ASKER, self.policy, self.floor, now, cause=cause)
        self._change(Change(ticket, done.ticket, done.events))
        refused = done.rejected
        state, reason = ("refused", refused.reason) if refused else ("done", "")
        self.outcomes.append((due.id, state, reason))

    def _asked(self, due: Due, message: TicketMessage) -> Asked:
        make = BY_NAME[due.kind].command
        return self.informed[due.id] if make is None else make(message, due.muted)

    def _open(self, due: Due, command: Open, ticket: Ticket, now: datetime, cause: str) -> None:
        """Open the problem of `ticket` and link it, unless it has one by now."""
        if ticket.problem:
            reason = f"problem {ticket.problem} is behind it already"
            self.outcomes.append((due.id, "refused", reason))
            return
        opened = decide_open(command, ASKER, self.policy, self.floor, now, cause=cause)
        link = LinkProblem(command.id)
        linked = decide(ticket, link, ASKER, self.policy, self.floor, now, cause=cause)
        self._change(Change(None, opened.ticket, opened.events))
        self._change(Change(ticket, linked.ticket, linked.events))
        self.outcomes.append((due.id, "done", f"opened {command.id}"))

    def _change(self, change: Change) -> None:
        self.changes.append(change)
        self.floor = self.floor.after(change.before, change.after)


class Reactor:
    """Works off what waits. `step()` is one batch; `run()` repeats it."""

    def __init__(
        self,
        db: Database,
        policy: Callable[[], Policy],
        floor: Callable[[], Floor],
        committed: Callable[[], None],
        fold: Fold = _unseen,
    ) -> None:
        """A reactor.

        Args:
            db: the store.
            policy: gives the one in force; raises NoPolicyError where there is none yet.
            floor: gives it as it is known now.
            committed: called after each step that was written.
            fold: called with each ticket of such a step, before and after.
        """
        self._db = db
        self._policy = policy
        self._floor = floor
        self._committed = committed
        self._fold = fold
        self._wake = asyncio.Event()

    def nudge(self) -> None:
        """Something waits: look now."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work off what waits, until `stop`; look every REACTION_POLL_S and when nudged."""
        while not stop.is_set():
            wait_s = REACTION_POLL_S
            self._wake.clear()
            try:
                if await self.step():
                    continue
            except (*UNREACHABLE, *REPLAYABLE, NoPolicyError) as error:
                log.warning("reactions wait", reason=f"{type(error).__name__}: {error}")
                wait_s = REACTION_WAIT_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait_s)

    async def step(self) -> int:
        """One step; returns how many reactions it settled. A broken one stops no other."""
        for _ in range(TRIES):
            try:
                return await self._together(REACTION_STEP)
            except (*UNREACHABLE, NoPolicyError):
                raise
            except REPLAYABLE as error:
                log.info("reactions replayed", reason=type(error).__name__)
            except Exception:
                log.exception("reactions go one by one")
                return await self._one_by_one()
        return 0

    async def _together(self, limit: int) -> int:
        async with self._db.transaction() as connection:
            waiting = await take(connection, limit)
            step = await self._do(connection, waiting) if waiting else None
        if step is not None:
            self._told(waiting, step)
        return len(waiting)

    async def _do(self, connection: Connection, waiting: Sequence[Due]) -> _Step:
        messages = await _causes(connection, waiting)
        tickets = await lock_tickets(connection, {due.target for due in waiting})
        opening = [due for due in waiting if BY_NAME[due.kind].opens]
        drawn = await draw_numbers(connection, len(opening))
        numbers = {due.id: number for due, number in zip(opening, drawn, strict=True)}
        now = await policy_now(connection)
        informed = await _informed(connection, waiting, messages, tickets, now)
        step = _Step(self._policy(), self._floor(), now, informed)
        for due in waiting:
            message = messages[due.ticket, due.seq]
            step.react(due, message, tickets.get(due.target), numbers.get(due.id, 0))
        step.trace = StepTrace(messages.values())
        with each_of(step.trace.trace_of):
            await write_changes(connection, step.changes)
        await settle(connection, step.outcomes)
        return step

    def _told(self, waiting: Sequence[Due], step: _Step) -> None:
        """What is so once a step is committed: counted, told, and seen by who decides next."""
        step.trace.end()
        kinds = {due.id: due.kind for due in waiting}
        for number, state, _ in step.outcomes:
            REACTED.labels(kinds[number], state).inc()
        for change in step.changes:
            self._fold(change.before, change.after)
        self._committed()

    async def _one_by_one(self) -> int:
        """The next step's reactions, each in a transaction of its own; a broken one set aside."""
        done = 0
        for _ in range(REACTION_STEP):
            due: list[Due] = []
            try:
                async with self._db.transaction() as connection:
                    due = await take(connection, 1)
                    if not due:
                        break
                    step = await self._do(connection, due)
            except (*UNREACHABLE, *REPLAYABLE, NoPolicyError):
                raise
            except Exception as error:
                if not due:
                    raise
                log.exception("a reaction is set aside", ticket=due[0].target, reaction=due[0])
                await self._set_aside(due[0], f"{type(error).__name__}: {error}")
            else:
                self._told(due, step)
            done += 1
        return done

    async def _set_aside(self, due: Due, reason: str) -> None:
        """Keep it as a dead letter with its event, so that it blocks nothing behind it."""
        async with self._db.transaction() as connection:
            if not await settle(connection, [(due.id, "failed", reason)]):
                return  # another replica managed meanwhile
            found = await missing(connection, [(due.ticket, due.seq - 1, due.seq + 1)])
            bodies = [body for _, body in found.get(due.ticket, [])]
            body = bodies[0].encode() if bodies else b""
            said = f"{due.kind}, for ticket {due.target}: {reason}"
            await bury(connection, REACTIONS, str(due.id), body, said)


async def _informed(
    connection: Connection,
    waiting: Sequence[Due],
    messages: Mapping[tuple[int, int], TicketMessage],
    tickets: Mapping[int, Ticket],
    now: datetime,
) -> Mapping[int, Asked]:
    """What the store says that targets are asked, by number of the reaction."""
    asked: dict[int, Asked] = {}
    for kind in sorted({due.kind for due in waiting}):
        if (informed := BY_NAME[kind].informed) is not None:
            occurrences = [
                Occurrence(due.id, messages[due.ticket, due.seq], tickets[due.target])
                for due in waiting
                if due.kind == kind and due.target in tickets
            ]
            asked |= await informed(connection, occurrences, now)
    return asked


async def _causes(
    connection: Connection, waiting: Sequence[Due]
) -> dict[tuple[int, int], TicketMessage]:
    """The events that the reactions follow from, by (ticket, seq)."""
    wanted = sorted({(due.ticket, due.seq) for due in waiting})
    bodies = await missing(connection, [(t, seq - 1, seq + 1) for t, seq in wanted])
    return {
        (ticket, seq): decode_event(body) for ticket, found in bodies.items() for seq, body in found
    }
