"""Tickets, their events, what consumers have seen of them, and the outbox: the same on both."""

import asyncpg
import pytest

from sla_timer import tick
from tests.contract.store import MINUTE, NOON, proves, recent
from tests.contract.store_acts import (
    CLOSED,
    moved,
    moving,
    opened,
    opening,
)
from tests.contract.store_rows import put_event, put_outbox, put_ticket
from tierline.bus import relay
from tierline.store import dead_letters, events, tickets


@proves(tickets.LOCK_TICKETS, tickets.READ_TICKET)
async def test_tickets_are_locked_in_order_of_id(side):
    for number in (2, 1):
        await put_ticket(side, number)
    found = await side.fetch(tickets.LOCK_TICKETS, [2, 3, 1, 2])
    assert found == [{"doc": '{"id":1}'}, {"doc": '{"id":2}'}]
    assert await side.fetch(tickets.READ_TICKET, 2) == [{"doc": '{"id":2}'}]
    assert await side.fetch(tickets.READ_TICKET, 3) == []


@proves(tickets.LOCK_DUE, tick.FIND_DUE)
async def test_due_tickets_the_earliest_first(side):
    for number, due in [(1, NOON), (2, NOON - 2 * MINUTE), (3, NOON - MINUTE), (4, NOON + MINUTE)]:
        await put_ticket(side, number, next_due_at=due)
    await put_ticket(side, 5, state="closed")
    assert await side.fetch(tickets.LOCK_DUE, NOON, 2) == [{"doc": '{"id":2}'}, {"doc": '{"id":3}'}]
    assert len(await side.fetch(tickets.LOCK_DUE, NOON, 9)) == 3
    assert await side.fetch(tick.FIND_DUE, NOON, 9) == [{"id": 2}, {"id": 3}, {"id": 1}]
    assert await side.fetch(tick.FIND_DUE, NOON, 1) == [{"id": 2}]


@proves(tickets.FIRST_DUE)
async def test_the_earliest_due_instant_beside_policy_time(side):
    await side.put("policy_clock", one=True, anchor=NOON, held=True)
    await put_ticket(side, 1, state="closed")
    assert await side.fetch(tickets.FIRST_DUE) == [{"now": NOON, "speed": 0.0, "due": None}]
    for number, due in [(2, NOON + MINUTE), (3, NOON - MINUTE), (4, NOON)]:
        await put_ticket(side, number, next_due_at=due)
    assert await side.fetch(tickets.FIRST_DUE) == [
        {"now": NOON, "speed": 0.0, "due": NOON - MINUTE}
    ]


@proves(tickets.DRAW_NUMBERS)
async def test_ticket_numbers_begin_at_1001_and_do_not_come_back(side):
    assert sorted(row["n"] for row in await side.fetch(tickets.DRAW_NUMBERS, 2)) == [1001, 1002]

    async def draw_and_fail():
        async with side.db.transaction() as connection:
            await connection.fetch(tickets.DRAW_NUMBERS, 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await draw_and_fail()
    assert await side.fetch(tickets.DRAW_NUMBERS, 1) == [{"n": 1005}]


@proves(tickets.NOW_AND_NUMBERS)
async def test_policy_time_and_ticket_numbers_of_the_same_sequence(side):
    await side.put("policy_clock", one=True, anchor=NOON, held=True)
    found = await side.fetch(tickets.NOW_AND_NUMBERS, 2)
    assert found == [{"now": NOON, "numbers": [1001, 1002]}]
    assert await side.fetch(tickets.NOW_AND_NUMBERS, 0) == [{"now": NOON, "numbers": []}]
    assert await side.fetch(tickets.DRAW_NUMBERS, 1) == [{"n": 1003}]


@proves(tickets.OPEN_TICKETS)
async def test_new_tickets(side):
    new = opening(opened(1), opened(2, key=""), opened(3, key=""), told=[(2, 1, 5), (1, 1, 3)])
    assert await side.execute(tickets.OPEN_TICKETS, *new) == "INSERT 0 2"
    assert await side.values("event", "ticket", "seq") == [(1, 1), (2, 1)]
    assert await side.values("outbox", "shard", "key") == [(5, "2"), (3, "1")]
    row = (await side.rows("ticket"))[0]
    assert recent(row.pop("changed_at"))
    assert row == {
        "id": 1, "seq": 1, "doc": '{"id":1,"seq":1}', "state": "queued", "type": "alert",
        "client": "Contoso", "title": "Disk", "priority": "P3", "tier": "T1", "grp": "Network",
        "owner": "", "problem_key": "disk", "opened_at": NOON, "promise_due": NOON + MINUTE,
        "next_due_at": NOON, "recorded_at": NOON, "major": False, "offered_to": "",
        "booked_from": None, "booked_until": None, "confirming": "",
    }  # fmt: skip


@proves(tickets.OPEN_TICKETS)
async def test_one_open_ticket_a_problem(side):
    await side.execute(tickets.OPEN_TICKETS, *opening(opened(1, state=CLOSED, due=None)))
    await side.execute(tickets.OPEN_TICKETS, *opening(opened(2)))
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await side.execute(tickets.OPEN_TICKETS, *opening(opened(3)))
    assert refused.value.constraint_name == "ticket_open_problem"
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await side.execute(tickets.OPEN_TICKETS, *opening(opened(4, key="a"), opened(4, key="b")))
    assert refused.value.constraint_name == "ticket_pkey"
    with pytest.raises(asyncpg.UniqueViolationError):
        await side.execute(tickets.OPEN_TICKETS, *opening(opened(5, key="c"), opened(6, key="c")))
    assert await side.values("ticket", "id") == [(1,), (2,)]


@proves(tickets.MOVE_TICKETS)
async def test_changed_tickets(side):
    before = NOON - MINUTE
    await put_ticket(side, 1, changed_at=before)
    await put_ticket(side, 2, changed_at=before)
    working = ("working", "P1", "T2", "Desktop", "sam")
    done = await side.execute(
        tickets.MOVE_TICKETS,
        *moving(
            moved(2, state=working, offered_to="kim"),
            moved(9),
            moved(1, state=CLOSED, due=None),
            told=[(2, 2, 5)],
        ),
    )
    assert done == "INSERT 0 1"
    assert await side.values("event", "ticket", "seq") == [(2, 2)]
    assert len(await side.rows("outbox")) == 1
    first, second = await side.rows("ticket")
    assert (first["state"], first["next_due_at"], first["title"]) == (
        "closed", None, "Switch is down",
    )  # fmt: skip
    assert recent(first["changed_at"])
    names = ("seq", "doc", "state", "priority", "tier", "grp", "owner", "promise_due", "offered_to")
    assert tuple(second[name] for name in names) == (
        2, '{"id":2,"seq":2}', *working, NOON + MINUTE, "kim",
    )  # fmt: skip


@proves(tickets.PLACE_TICKETS)
async def test_what_changes_rarely(side):
    await put_ticket(side, 1)
    await put_ticket(side, 2)
    later = NOON + MINUTE
    columns = [[2, 9], ["request", "alert"], [NOON, NOON], [later, None], ["sam", ""]]
    assert await side.execute(tickets.PLACE_TICKETS, *columns) == "UPDATE 1"
    names = ("type", "booked_from", "booked_until", "confirming")
    first, second = await side.values("ticket", *names)
    assert first[1:] == (None, None, "")
    assert second == ("request", NOON, later, "sam")


@proves(tickets.MOVE_TICKETS)
async def test_reopening_beside_an_open_one_is_refused_and_the_old_key_is_free(side):
    await put_ticket(side, 1, state="closed", problem_key="disk")
    await put_ticket(side, 2, problem_key="disk")
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await side.execute(tickets.MOVE_TICKETS, *moving(moved(1)))
    assert refused.value.constraint_name == "ticket_open_problem"
    async with side.db.transaction() as connection:
        await connection.execute(tickets.MOVE_TICKETS, *moving(moved(2, state=CLOSED, due=None)))
        await connection.execute(tickets.MOVE_TICKETS, *moving(moved(1)))
    assert await side.values("ticket", "state") == [("queued",), ("closed",)]


@proves(tickets.MOVE_TICKETS, tick.PUT_OFF)
async def test_a_due_instant_is_what_an_open_ticket_has_and_a_closed_one_has_not(side):
    await put_ticket(side, 1)
    await put_ticket(side, 2, state="closed")
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await side.execute(tickets.MOVE_TICKETS, *moving(moved(1, due=None)))
    assert refused.value.constraint_name == "ticket_check"
    with pytest.raises(asyncpg.CheckViolationError):
        await side.execute(tick.PUT_OFF, 2, NOON)


@proves(tick.PUT_OFF, tick.MEND_DUE)
async def test_due_instants_put_off_and_mended(side):
    await put_ticket(side, 1)
    await put_ticket(side, 2)
    assert await side.fetch(tick.PUT_OFF, 1, NOON) == [{"doc": '{"id":1}'}]
    assert await side.fetch(tick.PUT_OFF, 9, NOON) == []
    assert await side.execute(tick.MEND_DUE, [2, 9], [NOON + MINUTE, NOON]) == "UPDATE 1"
    assert await side.values("ticket", "next_due_at") == [(NOON,), (NOON + MINUTE,)]


@proves(tickets.MOVE_TICKETS)
async def test_events_and_their_messages_in_the_order_given(side):
    done = await side.execute(tickets.MOVE_TICKETS, *moving(told=[(2, 1, 5), (1, 1, 3), (1, 2, 3)]))
    assert done == "INSERT 0 3"
    first, *_ = await side.rows("event")
    assert recent(first.pop("written_at"))
    assert first == {
        "ticket": 1, "seq": 1, "at": NOON, "recorded_at": NOON + MINUTE, "type": "noted",
        "client": "Contoso", "cause": "c1", "body": '{"é":1}',
    }  # fmt: skip
    sent = await side.values("outbox", "shard", "topic", "key", "body")
    assert sent == [
        (5, "tickets.events", "2", '{"é":1}'.encode()),
        (3, "tickets.events", "1", '{"é":1}'.encode()),
        (3, "tickets.events", "1", '{"é":2}'.encode()),
    ]
    assert recent((await side.rows("outbox"))[0]["created_at"])


@proves(tickets.MOVE_TICKETS)
async def test_an_event_is_written_once_and_refused_whole(side):
    await put_event(side, 1, 1)
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await side.execute(tickets.MOVE_TICKETS, *moving(told=[(1, 2, 3), (1, 1, 3)]))
    # On PostgreSQL each month has a key of its own: event_0_pkey is that of the first.
    assert refused.value.constraint_name in {"event_pkey", "event_0_pkey"}
    assert await side.values("event", "seq") == [(1,)]
    assert await side.rows("outbox") == []


@proves(events.MAKE_PROGRESS, events.LOCK_PROGRESS, events.SAVE_PROGRESS)
async def test_progress_is_made_once_and_never_goes_back(side):
    made = await side.fetch(events.MAKE_PROGRESS, "notifier", [2, 1])
    assert made == [{"ticket": 1, "seq": 0}, {"ticket": 2, "seq": 0}]
    assert await side.fetch(events.MAKE_PROGRESS, "notifier", [1, 3]) == [{"ticket": 3, "seq": 0}]
    assert len(await side.fetch(events.MAKE_PROGRESS, "other", [1])) == 1
    saved = await side.execute(events.SAVE_PROGRESS, "notifier", [1, 2, 9], [5, 4, 1])
    assert saved == "UPDATE 2"
    assert await side.execute(events.SAVE_PROGRESS, "notifier", [1, 2], [5, 3]) == "UPDATE 0"
    locked = await side.fetch(events.LOCK_PROGRESS, "notifier", [3, 2, 1, 9])
    assert [tuple(row.values()) for row in locked] == [(1, 5), (2, 4), (3, 0)]


@proves(relay.TAKE_SHARDS, relay.OUTBOX_ROWS, relay.FORGET_SENT)
async def test_the_outbox_is_emptied_shard_by_shard(side):
    first = await put_outbox(side, 3, "a")
    await put_outbox(side, 5, "b")
    third = await put_outbox(side, 3, "c", b"\x00")
    found = await side.fetch(relay.TAKE_SHARDS, 16, relay.LOCK_CLASS, 4)
    assert sorted(row["s"] for row in found) == [3, 5]
    assert len(await side.fetch(relay.TAKE_SHARDS, 16, relay.LOCK_CLASS, 1)) == 1
    rows = await side.fetch(relay.OUTBOX_ROWS, [3], 10)
    assert rows == [
        {"id": first, "topic": "tickets.events", "key": "a", "body": b"{}"},
        {"id": third, "topic": "tickets.events", "key": "c", "body": b"\x00"},
    ]
    both = await side.fetch(relay.OUTBOX_ROWS, [5, 3], 1)
    assert [row["key"] for row in both] == ["b", "a"]  # the oldest of each
    assert await side.execute(relay.FORGET_SENT, [first, third, 999]) == "DELETE 2"
    assert await side.values("outbox", "key") == [("b",)]
    assert await side.fetch(relay.TAKE_SHARDS, 16, relay.LOCK_CLASS, 4) == [{"s": 5}]


@proves(relay.BURY_REFUSED)
async def test_refused_messages_are_dead_letters_whole(side):
    number = await put_outbox(side, 3, "a", b"\x00big")
    done = await side.execute(relay.BURY_REFUSED, [number, 999], ["too big", "gone"])
    assert done == "INSERT 0 1"
    (letter,) = await side.rows("dead_letter")
    assert (letter["source"], letter["key"], letter["body"], letter["reason"]) == (
        "outbox:tickets.events", "a", b"\x00big", "too big",
    )  # fmt: skip
    assert recent(letter["at"])
    assert letter["replayed_at"] is None
    assert len(await side.rows("outbox")) == 1


@proves(dead_letters.BURY, dead_letters.BURIED)
async def test_dead_letters_lie_there_until_replayed(side):
    assert await side.fetch(dead_letters.BURIED, "intake", "rmm", "bad") == []
    done = await side.execute(dead_letters.BURY, "intake", "rmm", b"\xff", "bad")
    assert done == "INSERT 0 1"
    assert len(await side.fetch(dead_letters.BURIED, "intake", "rmm", "bad")) == 1
    assert await side.fetch(dead_letters.BURIED, "intake", "rmm", "worse") == []
    (letter,) = await side.rows("dead_letter")
    await side.put("dead_letter", **{**letter, "replayed_at": NOON})
    assert await side.fetch(dead_letters.BURIED, "intake", "rmm", "bad") == []
