"""Queues in the database, long after a bad day: what a look at the outbox or the messages reads."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from notifier.claim import take_due
from notifier.limits import Limits
from tests.services.interleavings.world import World, make_world
from tests.services.plans import indexes, looked_at, plans_of
from tierline.bus import relay
from tierline.bus.limits import RELAY_SHARDS_MAX
from tierline.messages.topics import SHARDS

pytestmark = pytest.mark.postgres

SETTLED = 50_000
WAITING = 20_000
DUE = 300
FREE = 100


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def queues(module_database_url: str) -> AsyncIterator[World]:
    """SETTLED messages lie behind DUE that are due; WAITING rows wait in the outbox."""
    async with make_world(module_database_url) as world:
        await world.run(
            "INSERT INTO tierline.message (channel, address, key, content, state, due_at)"
            " SELECT 'mail', 'a' || n % 300, 'key-' || n, '{}',"
            f" CASE WHEN n <= {DUE} THEN 'pending' ELSE 'delivered' END,"
            " now() - interval '1 second'"
            f" FROM generate_series(1, {SETTLED + DUE}) AS n"
        )
        await world.run(
            "INSERT INTO tierline.outbox (shard, topic, key, body)"
            f" SELECT n % {SHARDS}, 'tickets.events', n::text, '{{}}'"
            f" FROM generate_series(1, {WAITING}) AS n"
        )
        await world.run("VACUUM ANALYZE")
        yield world


async def test_a_claim_reads_due_messages_by_their_index(queues: World) -> None:
    plans = await plans_of(queues, lambda c: take_due(c, Limits(), free=FREE))
    assert "message_due" in indexes(plans)
    assert looked_at(plans[:1], "message") <= 4 * DUE


async def test_which_shards_wait_is_one_row_each(queues: World) -> None:
    plans = await plans_of(
        queues, lambda c: c.fetch(relay.TAKE_SHARDS, SHARDS, relay.LOCK_CLASS, RELAY_SHARDS_MAX)
    )
    assert indexes(plans) == {"outbox_shard"}
    assert looked_at(plans, "outbox") <= SHARDS


async def test_a_pass_reads_the_oldest_of_its_shards_and_little_else(queues: World) -> None:
    shards, each = list(range(RELAY_SHARDS_MAX)), 5
    plans = await plans_of(queues, lambda c: c.fetch(relay.OUTBOX_ROWS, shards, each))
    assert indexes(plans) == {"outbox_shard"}
    assert looked_at(plans, "outbox") <= each * len(shards)
