"""How each fault is planted into the product: a context manager that breaks one thing."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from intake import batch
from intake.triage.consumer import TriageConsumer
from notifier.outcome import Delivered, Retry
from notifier.sending import Sending
from router import commands as router_commands
from tests.simulation import commands as asked
from tests.simulation import planted_answers
from tests.simulation import world as world_module
from tests.simulation.process import LIFE
from tests.simulation.statements import delivering, outcomes
from tierline.bus import consumer, inbox, relay
from tierline.domain import decide
from tierline.domain.commands import Claim
from tierline.domain.handlers import owning
from tierline.store import events as stored
from tierline.web import idempotency


def _answer(**answers: Any) -> AbstractContextManager[Any]:
    """Statements that do something else than they say."""
    registry = world_module.REGISTRY
    for name, answer in answers.items():
        registry = registry.replaced(name, answer)
    return patch.object(world_module, "REGISTRY", registry)


# -- the bus


def offset_before_handler() -> AbstractContextManager[Any]:
    """The offset is committed, then the batch is handled."""

    async def consume(self: Any, stop: Any) -> None:
        while not stop.is_set():
            batch = await self._consumer.getmany(timeout_ms=1_000, max_records=100)
            if not batch:
                continue
            self._heard = consumer._now()
            await self._commit(batch)
            with contextlib.suppress(Exception):
                await self._handle([consumer._message(r) for rs in batch.values() for r in rs])

    return patch.object(consumer.Consumer, "_consume", consume)


def no_seek_back() -> AbstractContextManager[Any]:
    """A batch that failed is not handed over again; the next one's offset covers it."""
    return patch.object(consumer.Consumer, "_seek_back", lambda _self, _batch: None)


def deleted_before_sent() -> AbstractContextManager[Any]:
    """The relay deletes its rows, commits, and sends after that."""

    async def send_once(self: Any) -> int:
        async with self._db.transaction() as connection:
            shards = await relay._take_shards(connection, self._shards)
            rows = await connection.fetch(relay.OUTBOX_ROWS, shards, 100) if shards else []
            await connection.execute(relay.FORGET_SENT, [row["id"] for row in rows])
        found = [relay.Outgoing(r["id"], r["topic"], r["key"], r["body"]) for r in rows]
        if found:
            await self._sender.send(found)
        return len(found)

    return patch.object(relay.Relay, "send_once", send_once)


def no_shard_lock() -> AbstractContextManager[Any]:
    """Relays take rows that nobody else is sending, whatever shard they are of."""
    return _answer(
        TAKE_SHARDS=planted_answers.take_shards_without_lock,
        OUTBOX_ROWS=planted_answers.rows_nobody_sends,
    )


# -- the inbox


def not_seen() -> AbstractContextManager[Any]:
    """The inbox takes every event for new."""
    real = stored.lock_progress

    async def lock_progress(connection: Any, name: str, tickets: Any) -> dict[int, int]:
        return dict.fromkeys(await real(connection, name, tickets), 0)

    return patch.object(inbox.stored, "lock_progress", lock_progress)


def progress_apart() -> AbstractContextManager[Any]:
    """Progress is saved in a transaction of its own, after the effects."""

    async def together(self: Any, messages: Any) -> None:
        tickets = sorted({message.event.ticket for message in messages})
        async with self._db.transaction() as connection:
            seen = await stored.lock_progress(connection, self._name, tickets)
            new = await inbox._new_in_order(connection, messages, seen)
            if not new:
                return
            committed = await self._apply(connection, new)
        async with self._db.transaction() as connection:
            latest = {message.event.ticket: message.event.seq for message in new}
            await stored.save_progress(connection, self._name, latest)
        if committed is not None:
            committed()

    return patch.object(inbox.Inbox, "_together", together)


@contextlib.contextmanager
def no_sweep() -> Iterator[None]:
    """Nobody looks for what the broker did not bring."""

    async def sweep(_self: Any, stop: Any, _lagging: Any) -> None:
        await stop.wait()

    with (
        patch.object(inbox.Inbox, "sweep", sweep),
        patch.object(TriageConsumer, "sweep", sweep),
    ):
        yield


# -- accept, triage, tick, commands


def answered_before_commit() -> AbstractContextManager[Any]:
    """Senders hear of their alerts while the transaction is still open."""
    real = batch._write

    async def write(connection: Any, waiting: Any) -> Any:
        if any(one.letters for one in waiting):  # with dead letters it has a transaction itself
            return await real(connection, waiting)
        async with connection.transaction():
            outcomes = await real(connection, waiting)
            for one, taken in zip(waiting, outcomes, strict=True):
                if not one.done.done():
                    one.done.set_result(taken)
        return outcomes

    return patch.object(batch, "_write", write)


def no_problem_lock() -> AbstractContextManager[Any]:
    """Triage reads a problem's last alert without locking it."""
    return _answer(TAKE_UP=planted_answers.take_up_unlocked)


@contextlib.contextmanager
def now_before_locks() -> Iterator[None]:
    """A command reads policy time, then waits for its ticket."""
    lock, read, early = router_commands.lock_tickets, router_commands.policy_now, {}

    async def lock_tickets(connection: Any, ids: Any) -> Any:
        early[id(connection)] = await read(connection)
        return await lock(connection, ids)

    async def policy_now(connection: Any) -> Any:
        return early.pop(id(connection))

    with (
        patch.object(router_commands, "lock_tickets", lock_tickets),
        patch.object(router_commands, "policy_now", policy_now),
    ):
        yield


def due_not_written() -> AbstractContextManager[Any]:
    """A ticket's due column stays as it was."""
    return _answer(MOVE_TICKETS=planted_answers.move_without_due)


def anybody_claims() -> AbstractContextManager[Any]:
    """The second claimer takes it from the first."""

    def claim(draft: Any, command: Claim, said: Any) -> Any:
        if draft.ticket.owner:
            draft.ticket = replace(draft.ticket, owner="")
        return owning.claim(draft, command, said)

    return patch.dict(decide._HANDLERS, {Claim: claim})


def answer_apart() -> AbstractContextManager[Any]:
    """The answer is kept by a transaction of its own, before that of the work."""

    async def once(connection: Any, attempt: Any, work: Any) -> Any:
        life = LIFE.get()
        # A pool of its own: two connections at once out of one pool would only wait for each other.
        db = life.parts.commands.context.db._postgres.database(life)
        async with db.transaction() as other:
            row = await other.fetchrow(idempotency.EARLIER_ANSWER, attempt.asker, attempt.key)
        if row is not None:
            async with db.transaction() as other:
                return idempotency.Given(await idempotency._earlier(other, attempt), replayed=True)
        answer = await work()
        async with db.transaction() as other:
            return await idempotency.once(other, attempt, _given(answer))

    return patch.object(asked, "once", once)


def _given(answer: Any) -> Any:
    async def work() -> Any:
        return answer

    return work


def replayed_for_ever() -> AbstractContextManager[Any]:
    """A retry under the same key does the work again."""

    async def once(_connection: Any, _attempt: Any, work: Any) -> Any:
        return idempotency.Given(await work())

    return patch.object(asked, "once", once)


# -- delivery


def any_attempt_counts() -> AbstractContextManager[Any]:
    """An outcome is recorded although another attempt has begun since."""
    settle = planted_answers.settle_whichever_attempt
    return _answer(SETTLE_MESSAGES=settle, RECORD_PLAIN=outcomes.recording(settle=settle))


def sent_before_claimed() -> AbstractContextManager[Any]:
    """Messages are handed to the sender while their transaction is still open."""

    async def together(self: Any, messages: Any) -> None:
        tickets = sorted({message.event.ticket for message in messages})
        async with self._db.transaction() as connection:
            seen = await stored.lock_progress(connection, self._name, tickets)
            new = await inbox._new_in_order(connection, messages, seen)
            if not new:
                return
            committed = await self._apply(connection, new)
            if committed is not None:
                committed()
            latest = {message.event.ticket: message.event.seq for message in new}
            await stored.save_progress(connection, self._name, latest)

    return patch.object(inbox.Inbox, "_together", together)


def all_is_success() -> AbstractContextManager[Any]:
    """Whatever a receiver answers counts as delivered."""
    real = Sending._try

    async def attempt(self: Any, channel: Any, claim: Any, parcel: Any) -> Any:
        verdict = await real(self, channel, claim, parcel)
        return Delivered(verdict.reason) if isinstance(verdict, Retry) else verdict

    return patch.object(Sending, "_try", attempt)


def line_out_of_order() -> AbstractContextManager[Any]:
    """A subscription's next event is sent while the one before waits for a retry."""
    return patch.object(delivering, "_ahead", lambda *_: None)


def resume_does_not_wait() -> AbstractContextManager[Any]:
    """A resume takes no notice of what is failing at this moment."""
    return _answer(LOCK_SUBSCRIPTIONS=planted_answers.lock_live_subscriptions)
