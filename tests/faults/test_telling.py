"""Notices are judged by who had to hear, and by what came of them; only a lease excuses."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from notifier.directory import Directory, Subscription
from tests.domain.worlds import MINUTE, Story, example_policy
from tests.faults import promises
from tests.faults.drain import Drained, Owed, excuse
from tests.faults.receiver import Receiver
from tests.faults.telling import Told, judge_notices
from tierline.domain.commands import Claim
from tierline.domain.evolve import fold
from tierline.domain.snapshot import snapshot
from tierline.messages.events import TicketMessage

LINE = "psa/1"
FEED = Subscription("psa", "http://127.0.0.1/psa", ())


def messages() -> list[TicketMessage]:
    """The events of a ticket that was claimed, and on which limits ran out."""
    story = Story().open().wait(20 * MINUTE).ok(Claim("sam")).wait(timedelta(hours=30))
    return [
        TicketMessage(event, snapshot(fold(story.events[: event.seq]))) for event in story.events
    ]


def test_every_event_has_its_notices_and_nobody_else_is_told():
    told = Told(example_policy(), Directory(subscriptions={"psa": FEED}))
    expected = told.expected(messages())
    subscribed = {key for key in expected if key[2] == "subscription"}
    assert [seq for _, seq, _, _ in sorted(subscribed)] == [m.event.seq for m in messages()]
    assert {kind for _, _, kind, _ in expected} >= {"person", "room", "subscription"}
    assert promises.untold(expected, expected) == []
    ticket = messages()[0].event.ticket
    assert promises.untold(expected, expected - {(ticket, 1, "subscription", "psa")}) == [
        f"{ticket}/1: no notice to subscription psa"
    ]
    assert promises.untold(expected, {*expected, (ticket, 1, "person", "nobody")}) == [
        f"{ticket}/1: a notice to person nobody"
    ]


@pytest_asyncio.fixture(loop_scope="session")
async def connection(database_url: str) -> AsyncIterator[Any]:
    made = await asyncpg.connect(database_url)
    yield made
    await made.close()


async def put(
    connection: Any,
    seq: int,
    *,
    line: str = "",
    began_s: float | None = None,
    lease_s: float = 50.0,
    state: str = "pending",
) -> int:
    """A message of event 1/`seq`, its notice, and its attempt that began so many seconds ago."""
    channel = "webhook" if line else "chat"
    message: int = await connection.fetchval(
        "INSERT INTO tierline.message"
        " (channel, address, line, key, content, attempt, due_at, state)"
        " VALUES ($1, 'desk', $2, $3, '{}', $4, clock_timestamp() + make_interval(secs => $5), $6)"
        " RETURNING id",
        *(channel, line, f"k{seq}", int(began_s is not None), lease_s, state),
    )
    if began_s is not None:
        await connection.execute(
            "INSERT INTO tierline.attempt (message, number, began_at)"
            " VALUES ($1, 1, clock_timestamp() - make_interval(secs => $2))",
            *(message, began_s),
        )
    await connection.execute(
        "INSERT INTO tierline.notice"
        " (ticket, seq, client, kind, recipient, occasion, reach, policy, why, state, message)"
        " VALUES (1, $1, 'Contoso', 'room', 'desk', 'x', 'notify', '', '', $2, $3)",
        *(seq, state, message),
    )
    return message


async def excused(connection: Any, **left: int) -> Drained:
    found = Drained(left={f"{name} without an outcome": count for name, count in left.items()})
    await excuse(found, connection)
    return found


@pytest.mark.postgres
async def test_a_dead_senders_messages_and_those_of_their_lines_are_left_to_its_lease(connection):
    dead = await put(connection, 1, line=LINE, began_s=20)
    behind = await put(connection, 2, line=LINE)
    found = await excused(connection, messages=2, notices=2)
    assert found.owed == Owed(frozenset({dead, behind}), frozenset({(1, 1), (1, 2)}))
    assert found.broken() == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    "said",
    [
        {"began_s": 1},
        {"began_s": 70, "lease_s": -10},
        {"began_s": None, "lease_s": -1},
        {"began_s": None, "lease_s": 3_600},
    ],
)
async def test_nothing_else_is(connection, said):
    """A send under way, a lease that is over, what nobody tried, a retry planned ahead."""
    await put(connection, 1, **said)
    found = await excused(connection, messages=1, notices=1)
    assert found.owed == Owed()
    assert found.broken() != []


@pytest.mark.postgres
async def test_a_notice_that_waits_is_a_broken_promise_unless_it_is_owed(connection):
    message = await put(connection, 1, began_s=20)
    receiver = Receiver()
    owed = Owed(frozenset({message}), frozenset({(1, 1)}))
    assert await judge_notices(connection, receiver, owed) == []
    found = await judge_notices(connection, receiver, Owed())
    assert [one.promise for one in found] == [promises.NOTICES]


@pytest.mark.postgres
async def test_a_delivery_that_never_arrived_is_a_broken_promise(connection):
    await put(connection, 1, state="delivered")
    receiver = Receiver()
    found = await judge_notices(connection, receiver, Owed())
    assert [one.promise for one in found] == [promises.ARRIVED]
    receiver.take("/chat/desk", b"{}")
    assert await judge_notices(connection, receiver, Owed()) == []
