"""Recording outcomes long after a bad day: the rows that the one statement reads."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from notifier.plain import RECORD_PLAIN
from tests.services.interleavings.world import World, make_world
from tests.services.plans import looked_at, plans_of

pytestmark = pytest.mark.postgres

SETTLED = 30_000
ENDED = 50
"""Outcomes to be recorded; each has another of its line behind it."""

MOST = 7 * ENDED
"""Rows of a table, a look and a write counted each: of messages those that end, both of the line
they are in, and those that are next."""


@pytest_asyncio.fixture(params=["as it grew", "analyzed"], loop_scope="session")
async def told(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[World]:
    """SETTLED messages with an attempt and a notice each, the last lines of them still pending."""
    async with make_world(database_url) as world:
        await world.run(
            "INSERT INTO tierline.message (id, channel, address, line, key, content, state,"
            " attempt) OVERRIDING SYSTEM VALUE"
            " SELECT n, 'webhook', 'psa', 'psa/' || n / 2, 'key-' || n, '{}',"
            f" CASE WHEN n >= {SETTLED - 2 * ENDED} THEN 'pending' ELSE 'delivered' END, 1 - n % 2"
            f" FROM generate_series(0, {SETTLED - 1}) AS n"
        )
        await world.run(
            "INSERT INTO tierline.attempt (message, number, ended_at, outcome)"
            " SELECT id, 1, settled_at, '' FROM tierline.message WHERE attempt = 1"
        )
        await world.run(
            "INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach,"
            " policy, why, state, message)"
            " SELECT id / 2 + 1, id % 2 + 1, 'Contoso', 'subscription', 'psa', 'opened', 'notify',"
            " 'v', '', state, id FROM tierline.message"
        )
        if request.param == "analyzed":
            await world.run("VACUUM ANALYZE")
        yield world


async def test_it_reads_what_it_records_and_what_comes_next(told: World) -> None:
    ids = list(range(SETTLED - 2 * ENDED, SETTLED, 2))
    columns = [[1] * ENDED, *[[word] * ENDED for word in ("delivered", "204", "")]]
    more = [[0.0] * ENDED, *[["said"] * ENDED] * 3, [number + 1 for number in ids], 60.0]
    plans = await plans_of(told, lambda c: c.fetch(RECORD_PLAIN, ids, *columns, *more))
    for table in ("message", "attempt", "notice"):
        assert 0 < looked_at(plans, table) <= MOST, table
