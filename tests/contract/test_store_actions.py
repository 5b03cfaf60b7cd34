"""Rows beside the tickets, brought in line with what is written: the same on both sides."""

from tests.contract.store import MINUTE, NOON, proves
from tierline.store import actions


@proves(actions.KEEP_ACTIONS)
async def test_the_actions_of_a_ticket_are_those_that_were_written_last(side):
    both = [[7, 8], [7, 7, 8], [1, 2, 1], ["sam", "kim", "tom"], [NOON, NOON, NOON]]
    assert await side.execute(actions.KEEP_ACTIONS, *both) == "DELETE 0"
    later = [[7], [7, 7], [2, 3], ["ana", "sam"], [NOON + MINUTE, NOON]]
    assert await side.execute(actions.KEEP_ACTIONS, *later) == "DELETE 1"
    assert await side.values("action", "ticket", "number", "owner", "due") == [
        (7, 2, "ana", NOON + MINUTE),
        (7, 3, "sam", NOON),
        (8, 1, "tom", NOON),
    ]
    assert await side.execute(actions.KEEP_ACTIONS, [7, 8], [], [], [], []) == "DELETE 3"
    assert await side.rows("action") == []


@proves(actions.KEEP_JOINED)
async def test_who_stands_beside_an_owner_is_who_was_written_last(side):
    await side.execute(actions.KEEP_JOINED, [7, 8], [7, 7, 8], ["sam", "kim", "sam"])
    assert await side.execute(actions.KEEP_JOINED, [7], [7, 7], ["kim", "tom"]) == "DELETE 1"
    people = [(7, "kim"), (7, "tom"), (8, "sam")]
    assert await side.values("joined", "ticket", "login") == people
    assert await side.execute(actions.KEEP_JOINED, [7, 8], [], []) == "DELETE 3"
    assert await side.rows("joined") == []


@proves(actions.KEEP_RESTRICTED)
async def test_who_may_see_a_restricted_ticket_is_what_was_written_last(side):
    given = [[7, 8], [7, 7, 8], ["b", "a", "c"]]
    assert await side.execute(actions.KEEP_RESTRICTED, *given) == "DELETE 0"
    assert await side.values("restricted", "ticket", "keys") == [(7, ["a", "b"]), (8, ["c"])]
    assert await side.execute(actions.KEEP_RESTRICTED, [7, 8, 9], [7], ["d"]) == "DELETE 1"
    assert await side.values("restricted", "ticket", "keys") == [(7, ["d"])]
    assert await side.execute(actions.KEEP_RESTRICTED, [7], [], []) == "DELETE 1"
    assert await side.rows("restricted") == []
