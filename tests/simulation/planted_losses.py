"""How faults are planted that lose something quietly, or do something that nobody asked for."""

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from intake.triage import sorting, triager
from notifier import handlers
from notifier.outcome import Failed, Retry, Superseded
from notifier.sending import Sending
from router import replay
from router.reactions import consumer as reacting
from router.reactions import major, reactor, storm
from tests.simulation import furnish, planted_answers
from tests.simulation.planted_faults import _answer
from tests.simulation.statements.outcomes import recording
from tests.simulation.statements.telling import writing_notices
from tierline.bus import inbox, relay
from tierline.bus.producer import NotSentError
from tierline.domain.storm_rules import StormRules
from tierline.policy import compile as compiling
from tierline.store import events as stored
from tierline.store.database import REPLAYABLE, UNREACHABLE

# -- the bus


def unsent_is_sent() -> AbstractContextManager[Any]:
    """What the broker did not take is deleted all the same."""

    async def send_once(self: Any) -> int:
        async with self._db.transaction() as connection:
            shards = await relay._take_shards(connection, self._shards)
            rows = await connection.fetch(relay.OUTBOX_ROWS, shards, 100) if shards else []
            found = [relay.Outgoing(r["id"], r["topic"], r["key"], r["body"]) for r in rows]
            with contextlib.suppress(NotSentError):
                if found:
                    await self._sender.send(found)
            await connection.execute(relay.FORGET_SENT, [one.id for one in found])
        return len(found)

    return patch.object(relay.Relay, "send_once", send_once)


def refused_is_forgotten() -> AbstractContextManager[Any]:
    """What the broker refuses for good leaves no dead letter."""

    async def bury(_connection: Any, _refused: Any) -> None:
        return

    return patch.object(relay, "_bury", bury)


def one_row_never_sent() -> AbstractContextManager[Any]:
    """The relay passes over one outbox row in forty."""
    return _answer(OUTBOX_ROWS=planted_answers.all_rows_but_some)


# -- the inbox


def progress_first() -> AbstractContextManager[Any]:
    """Progress is saved in a transaction of its own, before the effects."""

    async def together(self: Any, messages: Any) -> None:
        tickets = sorted({message.event.ticket for message in messages})
        async with self._db.transaction() as connection:
            seen = await stored.lock_progress(connection, self._name, tickets)
            new = await inbox._new_in_order(connection, messages, seen)
            latest = {message.event.ticket: message.event.seq for message in new}
            await stored.save_progress(connection, self._name, latest)
        if not new:
            return
        async with self._db.transaction() as connection:
            committed = await self._apply(connection, new)
        if committed is not None:
            committed()

    return patch.object(inbox.Inbox, "_together", together)


def gap_passed_over() -> AbstractContextManager[Any]:
    """What the broker did not bring is not read from Postgres."""

    async def new_in_order(_connection: Any, messages: Any, seen: Any) -> Any:
        fresh = {(m.event.ticket, m.event.seq): m for m in messages}
        return [m for (ticket, seq), m in sorted(fresh.items()) if seq > seen[ticket]]

    return patch.object(inbox, "_new_in_order", new_in_order)


def in_the_way_is_broken() -> AbstractContextManager[Any]:
    """An event on which a deadlock or a lock timeout is met is set aside."""
    return patch.object(inbox, "REPLAYABLE", ())


def dead_letter_takes_effect() -> AbstractContextManager[Any]:
    """A broken event is set aside by the transaction that worked on it."""

    async def next_(self: Any, ticket: int, last: int, given: Any) -> bool:
        async with self._db.transaction() as connection:
            seq = (await stored.lock_progress(connection, self._name, [ticket]))[ticket] + 1
            event = await inbox._event(connection, ticket, seq, given) if seq <= last else None
            if event is None:
                return False
            try:
                await self._apply(connection, [event])
            except (*UNREACHABLE, *REPLAYABLE):
                raise
            except Exception as error:  # whatever is wrong with it
                (body,) = await stored.timeline(connection, ticket, after=seq - 1, limit=1)
                source, key = f"consumer:{self._name}", f"{ticket}/{seq}"
                await inbox.bury(connection, source, key, body.encode(), str(error))
            await stored.save_progress(connection, self._name, {ticket: seq})
        return True

    return patch.object(inbox.Inbox, "_next", next_)


def dead_letter_not_seen() -> AbstractContextManager[Any]:
    """A broken event is set aside, and comes again."""

    async def set_aside(self: Any, ticket: int, seq: int, reason: str) -> None:
        async with self._db.transaction() as connection:
            (body,) = await stored.timeline(connection, ticket, after=seq - 1, limit=1)
            source, key = f"consumer:{self._name}", f"{ticket}/{seq}"
            await inbox.bury(connection, source, key, body.encode(), reason)

    return patch.object(inbox.Inbox, "_set_aside", set_aside)


# -- triage, tick


def alert_triaged_again() -> AbstractContextManager[Any]:
    """An alert that comes again is triaged again."""
    return _answer(TAKE_UP=planted_answers.take_up_handled)


def sent_again_to_nobody() -> AbstractContextManager[Any]:
    """An alert that is sent on its way again keeps the outcome of a dead letter."""

    async def to_triage(_connection: Any, _alert: int) -> None:
        return

    return patch.object(replay, "_to_triage", to_triage)


def nothing_open_though_it_fires() -> AbstractContextManager[Any]:
    """Now and then an alert that fires opens nothing."""

    def apply(problem: Any, known: Any, number: int, world: Any) -> Any:
        if known.firing and problem.ticket is None and known.accepted.id % 9 == 0:
            return problem, sorting.NOTHING_OPEN, 0
        return sorting.apply(problem, known, number, world)

    return patch.object(triager, "apply", apply)


def attached_without_event() -> AbstractContextManager[Any]:
    """Now and then an alert is said to be attached, and its ticket does not hear of it."""

    def apply(problem: Any, known: Any, number: int, world: Any) -> Any:
        ticket = problem.ticket
        if ticket is not None and ticket.active and known.accepted.id % 5 == 0:
            return problem, "attached", ticket.id
        return sorting.apply(problem, known, number, world)

    return patch.object(triager, "apply", apply)


def tick_without_lock() -> AbstractContextManager[Any]:
    """Two ticks take one ticket; an event whose seq is taken by then is passed over."""
    return _answer(
        LOCK_DUE=planted_answers.read_due,
        MOVE_TICKETS=planted_answers.move_and_tell_or_nothing,
    )


# -- notices and messages


def notice_not_written() -> AbstractContextManager[Any]:
    """One notice in seventeen is not written."""
    return _answer(WRITE_NOTICES=writing_notices(insert=planted_answers.insert_some_notices))


def message_not_written() -> AbstractContextManager[Any]:
    """A notice says which message it is in, and there is none."""
    return _answer(WRITE_NOTICES=writing_notices(keep=lambda number: number % 23 > 0))


def feed_skips() -> AbstractContextManager[Any]:
    """One event in eleven is not for subscribers, a notice says."""
    real = handlers.judge_all

    def judge_all(*asked: Any) -> Any:
        for one in real(*asked):
            skips = one.notice.kind == "subscription" and one.message.event.seq % 11 == 0
            yield replace(one, state="suppressed", reason="-", channel="") if skips else one

    return patch.object(handlers, "judge_all", lambda *asked: list(judge_all(*asked)))


def notices_all_delivered() -> AbstractContextManager[Any]:
    """Notices end as delivered, whatever became of their message."""
    tell = planted_answers.settle_as_delivered
    return _answer(SETTLE_NOTICES=tell, RECORD_PLAIN=recording(tell=tell))


def notices_stay_open() -> AbstractContextManager[Any]:
    """A message has its outcome, and its notices hear nothing of it."""
    tell = planted_answers.settle_nothing
    return _answer(SETTLE_NOTICES=tell, RECORD_PLAIN=recording(tell=tell))


@contextlib.contextmanager
def _retry_means(what: Any) -> Iterator[None]:
    real = Sending._try

    async def attempt(self: Any, channel: Any, claim: Any, parcel: Any) -> Any:
        verdict = await real(self, channel, claim, parcel)
        return what(verdict.reason) if isinstance(verdict, Retry) else verdict

    with patch.object(Sending, "_try", attempt):
        yield


def given_up_at_once() -> AbstractContextManager[Any]:
    """A message that a receiver did not take is not sent again."""
    return _retry_means(Failed)


def dropped_at_once() -> AbstractContextManager[Any]:
    """A message that a receiver did not take counts as beside the point."""
    return _retry_means(Superseded)


# -- reactions


def reaction_done_twice() -> AbstractContextManager[Any]:
    """What is done counts as done only when it has been done again."""
    seen: dict[Any, set[int]] = {}
    real = reactor.settle

    async def settle(connection: Any, outcomes: Any) -> int:
        once = seen.setdefault(asyncio.get_running_loop(), set())  # each world has its own
        again = [one for one in outcomes if one[0] in once]
        once.update(one[0] for one in outcomes)
        return await real(connection, again)

    return patch.object(reactor, "settle", settle)


@contextlib.contextmanager
def many_storms() -> Iterator[None]:
    """No fault: two limits of a group within half an hour are a storm."""
    rules = StormRules(1, timedelta(minutes=30), timedelta(minutes=10))
    furnish.forget()
    with patch.object(compiling, "read_storm", lambda _written: rules):
        yield
    furnish.forget()


@contextlib.contextmanager
def every_ticket_of_a_storm_tells() -> Iterator[None]:
    """Whoever joins a storm takes itself for the first; storms come often."""
    real = storm.join_storms

    async def join(connection: Any, gathered: Any, now: Any) -> Any:
        joined = await real(connection, gathered, now)
        return {number: (*found[:2], True) for number, found in joined.items()}

    with many_storms(), patch.object(storm, "join_storms", join):
        yield


def _reacting(change: Any) -> AbstractContextManager[Any]:
    """Reactions, each as `change` makes it of the real one; None: it is not there."""
    found = {
        kind: tuple(made for one in some if (made := change(one)) is not None)
        for kind, some in reacting.BY_EVENT.items()
    }
    return patch.object(reacting, "BY_EVENT", found)


def last_child_left_out() -> AbstractContextManager[Any]:
    """What flows down does not reach the child that joined last."""

    def change(reaction: Any) -> Any:
        if reaction.targets is not major.children:
            return reaction
        return replace(reaction, targets=lambda *seen: major.children(*seen)[:-1])

    return _reacting(change)


def no_problem_opened() -> AbstractContextManager[Any]:
    """Nobody hears that a problem is asked for."""
    return _reacting(lambda reaction: None if reaction.opens else reaction)
