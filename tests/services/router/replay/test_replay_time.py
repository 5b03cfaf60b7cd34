"""When a recorded command may have happened, and how far time passes meanwhile."""

from datetime import datetime, timedelta

import pytest

from router.recorded.rules import refused_at
from sla_timer.audit import Auditor
from sla_timer.tick import Ticker
from tests.services.router.replaying import (
    END,
    LOG,
    OPENING,
    START,
    did,
    pass_time,
    replaying,
    said,
    send,
)
from tierline.store.replays import Replay
from tierline.store.tickets import read_ticket

pytestmark = pytest.mark.postgres


async def test_time_passes_between_two_recorded_commands_of_one_batch(world):
    await did(
        world, said("A", 1, 0, "open", **OPENING), said("A", 2, 4 * 24 * 60, "claim", owner="leila")
    )
    rows = await world.sql(
        "SELECT array_agg(type ORDER BY seq) FROM tierline.event WHERE at < $1",
        START + timedelta(days=4),
    )
    assert "reviewed" in rows or "lapsed" in rows


async def test_nothing_is_recorded_before_what_time_has_passed(world):
    await did(world, said("A", 1, 0, "open", **OPENING))
    await pass_time(world, 30)
    early, opening, right = await send(
        world,
        said("A", 2, 29, "claim", owner="leila"),
        said("B", 1, 29, "open", **OPENING),
        said("A", 3, 30, "claim", owner="leila"),
    )
    assert (early["status"], early["code"]) == (409, "at_passed")
    assert (opening["status"], opening["code"]) == (409, "at_passed")
    assert right["status"] == 200


async def test_nothing_is_recorded_before_its_tickets_last_instant(world):
    answers = await send(
        world,
        said("A", 1, 0, "open", **OPENING),
        said("A", 2, 10, "claim", owner="leila"),
        said("A", 3, 9, "release"),
        said("A", 4, 10, "release"),
    )
    assert [a["code"] for a in answers] == ["", "", "at_passed", ""]


def test_an_instant_is_judged_by_the_log_the_clock_and_the_ticket():
    inside = refused_at(START, LOG, START, None), refused_at(END, LOG, START, None)
    assert inside == (None, None)
    second = timedelta(seconds=1)
    outside = refused_at(END + second, LOG, START, None)
    passed = refused_at(START, LOG, START + second, None)
    assert outside is not None
    assert passed is not None
    assert (outside.code, passed.code) == ("at_outside", "at_passed")


async def test_policy_time_is_held_goes_forward_only_and_not_beyond_the_log(world):
    clock = (await world.as_("sam").get("/v1/clock")).json()
    assert clock["held"]
    assert clock["replay"] == LOG.name
    assert datetime.fromisoformat(clock["now"]) == START
    await pass_time(world, 60)
    await pass_time(world, 30)
    shown = (await world.as_("sam").get("/v1/replay")).json()
    assert datetime.fromisoformat(shown["now"]) == START + timedelta(hours=1)
    assert shown["running"]
    await pass_time(world, 10**6)
    assert datetime.fromisoformat((await world.as_("sam").get("/v1/clock")).json()["now"]) == END


async def test_time_looks_no_further_than_the_held_instant(world):
    """sla-timer's own tick: what is due after the held instant stays, however late it is."""
    (answer,) = await did(world, said("A", 1, 0, "open", **OPENING))
    context = world.context
    ticker = Ticker(
        world.db, lambda: context.source.current, lambda: context.floor.current, lambda: None
    )
    assert await ticker.tick() == 0
    async with world.db.connection() as connection:
        ticket = await read_ticket(connection, answer["ticket"])
        due = await connection.fetchval("SELECT next_due_at FROM tierline.ticket")
    await pass_time(world, (due - START) / timedelta(minutes=1) - 0.01)
    assert await ticker.tick() == 0
    await pass_time(world, (due - START) / timedelta(minutes=1) + 0.01)
    assert await ticker.tick() == 1
    async with world.db.connection() as connection:
        later = await read_ticket(connection, answer["ticket"])
    assert later.seq > ticket.seq
    assert await ticker.tick() == 0


async def test_what_waits_for_a_held_clock_is_no_finding_of_the_auditor(world):
    await did(world, said("A", 1, 0, "open", **OPENING))
    await pass_time(world, 5 * 24 * 60)  # and nobody has let it pass on the ticket yet
    await world.sql("DELETE FROM tierline.outbox")
    assert await Auditor(world.db).audit() == []


async def test_a_case_that_rests_for_years_takes_its_reviews_in_leaps(database_url):
    """`advance` takes a bounded number of due instants in one go."""
    log = Replay("old.csv", "x", START, START + timedelta(days=3_000))
    async with replaying(database_url, log=log) as world:
        answers = await did(
            world,
            said("A", 1, 0, "open", **OPENING),
            said("A", 2, 2_900 * 24 * 60, "claim", owner="leila"),
        )
        assert answers[1]["seq"] > 1_000
