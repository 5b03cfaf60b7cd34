"""Storms in the store, and the limits that make them: the same on both sides."""

import asyncio
import json

from router.storms import store
from tests.contract.store import MINUTE, NOON, proves
from tests.contract.store_rows import put_event, put_ticket
from tierline.store import lapses

UNTIL = NOON + 15 * MINUTE


async def opened(where, *storms, now=NOON):
    columns = [list(column) for column in zip(*storms, strict=True)]
    return [dict(row) for row in await where.fetch(store.OPEN_STORMS, now, *columns)]


def lapse(group, at, recorded, *, clock="tier", mode="act"):
    ticket = {"group": group, "mode": mode}
    body = {"data": {"ticket": ticket, "what": {"clock": clock}}}
    return {"type": "lapsed", "at": at, "recorded_at": recorded, "body": json.dumps(body)}


@proves(lapses.READ_LAPSES)
async def test_limits_of_the_last_hour_are_read_the_last_seen_first(side):
    late = NOON - 90 * MINUTE
    await put_event(side, 1, 1, **lapse("Desk", late, NOON - MINUTE))
    await put_event(side, 2, 1, **lapse("Desk", NOON - 3 * MINUTE, NOON - 2 * MINUTE))
    await put_event(side, 3, 1, **lapse("Network", NOON - 3 * MINUTE, NOON - 3 * MINUTE))
    await put_event(side, 4, 1, **lapse("Desk", late, NOON - 60 * MINUTE))
    await put_event(side, 5, 1, **lapse("Desk", NOON, NOON, clock="queue"))
    await put_event(side, 6, 1, **lapse("Desk", NOON, NOON, mode="watch"))
    await put_event(side, 7, 1, **{**lapse("Desk", NOON, NOON), "type": "warned"})
    assert await side.fetch(lapses.READ_LAPSES, NOON, 9) == [
        {"grp": "Desk", "at": late},
        {"grp": "Desk", "at": NOON - 3 * MINUTE},
        {"grp": "Network", "at": NOON - 3 * MINUTE},
    ]
    assert len(await side.fetch(lapses.READ_LAPSES, NOON, 2)) == 2
    async with side.db.connection() as connection:
        found = await lapses.read_lapses(connection, NOON)
    assert found == {
        "Desk": (NOON - 3 * MINUTE, late),
        "Network": (NOON - 3 * MINUTE,),
    }


@proves(store.OPEN_STORMS, store.END_STORMS)
async def test_a_group_has_one_storm_that_goes_on(side):
    first, other = await opened(side, ("Desk", 1, UNTIL), ("Network", 2, UNTIL))
    assert (first["grp"], first["until"], first["opened"]) == ("Desk", UNTIL, True)
    assert (other["grp"], other["opened"]) == ("Network", True)
    later = UNTIL + 9 * MINUTE
    (again,) = await opened(side, ("Desk", 3, later), now=NOON + MINUTE)
    assert again == {**first, "opened": False}
    assert await side.execute(store.END_STORMS, ["Desk"], UNTIL - MINUTE) == "UPDATE 0"
    assert await side.execute(store.END_STORMS, ["Desk"], UNTIL) == "UPDATE 1"
    assert await side.execute(store.END_STORMS, ["Desk"], UNTIL) == "UPDATE 0"
    (new,) = await opened(side, ("Desk", 3, later))
    assert (new["opened"], new["id"] != first["id"]) == (True, True)


@proves(store.OPEN_STORMS)
async def test_of_two_who_open_at_once_one_opens_and_both_have_the_same(side):
    async with side.transaction() as ours:
        (mine,) = await opened(ours, ("Desk", 1, UNTIL))
        other = await side.another()

        async def theirs():
            async with other.transaction() as connection:
                return await opened(side.on(connection), ("Desk", 2, UNTIL + MINUTE))

        waiting = side.keep(asyncio.create_task(theirs()))
        await asyncio.sleep(0)
        assert not waiting.done()
    (found,) = await waiting
    assert (found["id"], found["until"]) == (mine["id"], UNTIL)
    assert (mine["opened"], found["opened"]) == (True, False)


@proves(store.JOIN_STORMS, store.STORM_TICKETS, store.READ_STORMS)
async def test_what_is_gathered_is_read_with_each_ticket_as_it_stands(side):
    (storm,) = await opened(side, ("Desk", 1, UNTIL))
    number = storm["id"]
    for ticket in (1, 2):
        await put_ticket(side, ticket)
    columns = ([number] * 3, [2, 1, 9], [5, 6, 7], ["Network", "Network", "Infra"])
    assert await side.execute(store.JOIN_STORMS, *columns) == "INSERT 0 3"
    rows = await side.fetch(store.STORM_TICKETS, [number, 99], 9)
    assert [(row["storm"], row["to_grp"], row["decided"]) for row in rows] == [
        (number, "Network", False),
        (number, "Network", False),
    ]
    assert len(await side.fetch(store.STORM_TICKETS, [number], 1)) == 1
    again = ([number], [2], [8], ["Infra"])
    assert await side.execute(store.JOIN_STORMS, *again) == "INSERT 0 1"
    assert await side.value("storm_ticket", "to_grp", ticket=2) == "Infra"
    assert await side.fetch(store.READ_STORMS, [number, 99]) == [
        {
            "id": number, "grp": "Desk", "first": 1, "opened_at": NOON, "until": UNTIL,
            "over_at": None,
        }
    ]  # fmt: skip
