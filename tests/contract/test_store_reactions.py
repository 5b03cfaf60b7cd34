"""Reactions in the store, and what commands about several tickets ask of it: the same on both."""

import asyncio

from router import replay, together
from router.reactions import waiting
from tests.contract.store import proves, recent
from tests.contract.store_rows import put_ticket


async def noted(side, *rows):
    columns = [list(column) for column in zip(*rows, strict=True)]
    return await side.execute(waiting.NOTE_REACTIONS, *columns)


def row(target, seq=1, kind="note flows down", *, muted=False):
    return (1, seq, kind, target, muted)


@proves(waiting.NOTE_REACTIONS)
async def test_a_reaction_is_noted_once_in_the_order_given(side):
    assert await noted(side, row(7), row(5, muted=True)) == "INSERT 0 2"
    assert await noted(side, row(5), row(6)) == "INSERT 0 1"
    assert await side.values("reaction", "target", "muted", "state") == [
        (7, False, "pending"),
        (5, True, "pending"),
        (6, False, "pending"),
    ]
    assert recent((await side.rows("reaction"))[0]["created_at"])


@proves(waiting.TAKE_REACTIONS, waiting.SETTLE_REACTIONS)
async def test_the_first_of_each_target_is_taken_and_nothing_overtakes_it(side):
    await noted(side, row(5), row(5, seq=2), row(6), row(7))
    first, second, third, fourth = [one["id"] for one in await side.rows("reaction")]
    async with side.transaction() as ours:
        taken = await ours.fetch(waiting.TAKE_REACTIONS, 2)
        assert [one["id"] for one in taken] == [first, third]
        assert dict(taken[0]) == {
            "id": first, "ticket": 1, "seq": 1, "kind": "note flows down", "target": 5,
            "muted": False,
        }  # fmt: skip
        other = await side.another()
        async with other.transaction() as theirs:
            seen = await side.on(theirs).fetch(waiting.TAKE_REACTIONS, 9)
            assert [one["id"] for one in seen] == [fourth], "not the second of 5: it is in hand"
        settled = ([first, third], ["done", "refused"], ["", "over"])
        assert await ours.execute(waiting.SETTLE_REACTIONS, *settled) == "UPDATE 2"
    left = await side.fetch(waiting.TAKE_REACTIONS, 9)
    assert [one["id"] for one in left] == [second, fourth]
    assert await side.execute(waiting.SETTLE_REACTIONS, [first], ["failed"], ["x"]) == "UPDATE 0"
    assert await side.value("reaction", "reason", id=third) == "over"
    assert recent(await side.value("reaction", "settled_at", id=first))


@proves(waiting.SETTLE_REACTIONS)
async def test_two_who_settle_one_reaction_settle_it_once(side):
    await noted(side, row(5))
    number = (await side.rows("reaction"))[0]["id"]

    async def settle(state):
        return await side.execute(waiting.SETTLE_REACTIONS, [number], [state], [""])

    done = await asyncio.gather(settle("done"), settle("failed"))
    assert sorted(done) == ["UPDATE 0", "UPDATE 1"]


@proves(replay.REACT_AGAIN)
async def test_what_failed_waits_again(side):
    await noted(side, row(5), row(6))
    first, second = [one["id"] for one in await side.rows("reaction")]
    settled = ([first, second], ["failed", "done"], ["x", ""])
    await side.execute(waiting.SETTLE_REACTIONS, *settled)
    assert await side.execute(replay.REACT_AGAIN, first) == "UPDATE 1"
    assert await side.execute(replay.REACT_AGAIN, second) == "UPDATE 0"
    assert await side.execute(replay.REACT_AGAIN, 99) == "UPDATE 0"
    values = await side.values("reaction", "state", "reason", "settled_at")
    assert values[0] == ("pending", "", None)


@proves(waiting.READ_TICKETS)
async def test_tickets_are_read_without_a_lock(side):
    await put_ticket(side, 1)
    await put_ticket(side, 2)
    async with side.transaction() as theirs:
        await theirs.fetch("SELECT doc FROM tierline.ticket WHERE id = ANY($1::bigint[])"
                           " ORDER BY id FOR UPDATE", [1])  # fmt: skip
        rows = await side.fetch(waiting.READ_TICKETS, [2, 1, 9])
    assert sorted(one["id"] for one in rows) == [1, 2]


@proves(together.CLIENTS_OF)
async def test_each_client_of_some_tickets_is_named_once(side):
    await put_ticket(side, 1)
    await put_ticket(side, 2)
    await put_ticket(side, 3, client="Oakfield")
    rows = await side.fetch(together.CLIENTS_OF, [1, 2, 3, 9])
    assert sorted(row["client"] for row in rows) == ["Contoso", "Oakfield"]


@proves(together.OPEN_UNDER, together.MARK_MAJOR)
async def test_what_is_worked_on_is_counted_and_major_incidents_are_marked(side):
    await put_ticket(side, 1)
    await put_ticket(side, 2, state="on_hold")
    await put_ticket(side, 3, state="resolved")
    await put_ticket(side, 4, state="closed")
    assert await side.fetch(together.OPEN_UNDER, [1, 2, 3, 4, 9]) == [{"count": 2}]
    assert await side.execute(together.MARK_MAJOR, [2, 9]) == "UPDATE 1"
    assert await side.values("ticket", "major") == [(False,), (True,), (False,), (False,)]
