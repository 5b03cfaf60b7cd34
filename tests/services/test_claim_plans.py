"""A look at the due messages beside a large backlog of what takes nothing now: rows it reads."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from notifier.claim import Place, take_due
from notifier.limits import CLAIM_BATCH, PER_ADDRESS, PER_CHANNEL, Limits
from tests.services.interleavings.world import World, make_world
from tests.services.plans import indexes, looked_at, plans_of

pytestmark = pytest.mark.postgres

BACKLOG = 20_000
ADDRESSES = 10
RETRIES = 500
FEW = 40
"""Waits for the open address, due after all of the backlog."""

CLOSED: Place = ("webhook", "closed")
FULL: Place = ("chat", "full")
MAILS = [("mail", f"a{n}") for n in range(PER_CHANNEL // PER_ADDRESS)]
BUSY = dict.fromkeys([FULL, *MAILS], PER_ADDRESS)
"""An address that has its share under way, and a channel: mail."""

MOST = 1_500
"""Rows: the front, those claimed (read, locked, written), one a place that waits for a retry."""


@pytest_asyncio.fixture(params=["as it grew", "analyzed"], loop_scope="session")
async def backlog(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[World]:
    """BACKLOG due messages of each kind, then FEW; RETRIES addresses have one that is not due."""
    async with make_world(database_url) as world:
        for channel, address in (
            ("webhook", "'closed'"),
            ("chat", "'full'"),
            ("mail", f"'a' || n % {ADDRESSES}"),
        ):
            await put(world, channel, address, BACKLOG, "- interval '1 hour'")
        await put(world, "chat", "'r' || n", RETRIES, "+ interval '1 hour'")
        await put(world, "webhook", "'open'", FEW, "- interval '1 second'")
        if request.param == "analyzed":
            await world.run("VACUUM ANALYZE tierline.message")
        yield world


async def put(world: World, channel: str, address: str, count: int, due: str) -> None:
    await world.run(
        "INSERT INTO tierline.message (channel, address, key, content, due_at)"
        f" SELECT '{channel}', {address}, $1 || n, '{{}}', now() {due}"
        f" FROM generate_series(1, {count}) AS n",
        f"{channel} {due} ",
    )


async def test_what_waits_for_a_closed_or_full_place_is_not_read(backlog: World) -> None:
    plans = await plans_of(
        backlog, lambda c: take_due(c, Limits(), free=CLAIM_BATCH, busy=BUSY, closed=[CLOSED])
    )
    assert looked_at(plans, "message") <= MOST
    assert {"message_due", "message_place", "message_pkey"} <= indexes(plans)


async def test_what_is_due_elsewhere_is_taken(backlog: World) -> None:
    async with backlog.db.connection() as connection:
        taken = await take_due(connection, Limits(), free=CLAIM_BATCH, busy=BUSY, closed=[CLOSED])
    assert {claim.place for claim in taken.claims} == {("webhook", "open")}
    assert len(taken.claims) == PER_ADDRESS


async def test_an_open_place_with_a_backlog_is_read_for_one_look(backlog: World) -> None:
    plans = await plans_of(backlog, lambda c: take_due(c, Limits(), free=CLAIM_BATCH))
    assert looked_at(plans, "message") <= MOST
