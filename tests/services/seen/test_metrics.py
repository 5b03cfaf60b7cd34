"""What is counted, under which names, and that a look at the tables shows what stands there."""

import re
from typing import Any

import httpx
import pytest
from aiokafka import TopicPartition
from fastapi import FastAPI
from prometheus_client import REGISTRY

from notifier.outcome import Delivered, Retry
from sla_timer.standing import NO_TIER, Standing
from tests.contract import metrics
from tests.domain.worlds import example_policy
from tests.services.interleavings.world import make_world
from tests.services.notifier.world import World as NotifierWorld
from tierline.bus.metrics import Watch
from tierline.domain.commands import Claim, PutOnHold
from tierline.domain.terms import HoldReason
from tierline.policy.source import NoPolicyError
from tierline.runtime.requests import Watched
from tierline.store.database import Database
from tierline.testing.channels import FakeChannel

NAME = re.compile(r"tierline(_[a-z]+)+")
UNITS = ("_seconds", "_total")
LABELS = {
    *("channel", "command", "group", "kind", "loop", "method", "outcome", "partition", "priority"),
    *("reason", "route", "source", "state", "status", "tier", "topic", "type", "what", "why"),
}
"""Every one of them has the values of the code, of the policy, or of the broker's partitions."""


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


# -- names


def test_names_and_labels_are_as_prometheus_has_them():
    found = metrics.exposed()
    assert len(found) > 30
    for one in found:
        assert NAME.fullmatch(one.name), one.name
        assert one.name.endswith(UNITS[one.kind == "counter"]) or one.kind == "gauge", one.name
        assert one.words, one.name
        assert set(one.labels) <= LABELS, one.name
        assert metrics.whose(one)


# -- the broker


class Client:
    """What is asked of a client: its partitions, and where each of them ends."""

    def __init__(self, **ends: int | None) -> None:
        self.ends = {TopicPartition("t", int(name[1:])): end for name, end in ends.items()}

    def assignment(self) -> set[TopicPartition]:
        return set(self.ends)

    def highwater(self, partition: TopicPartition) -> int | None:
        return self.ends[partition]


def lag(group: str) -> dict[str, float]:
    (family,) = [f for f in REGISTRY.collect() if f.name == "tierline_consumer_lag_messages"]
    return {s.labels["partition"]: s.value for s in family.samples if s.labels["group"] == group}


def test_a_member_shows_how_far_it_is_behind_in_what_it_has_and_in_nothing_else():
    watch, client = Watch("t", "lagging", shown=True), Client(p0=10, p1=7, p2=None)
    watch.reached({TopicPartition("t", 0): 4})
    watch.show(client)
    assert lag("lagging") == {"0": 6, "1": 0}
    watch.show(Client(p1=9))  # partition 0 is another's now
    assert lag("lagging") == {"1": 0}
    watch.show(Client(p0=20, p1=9))  # and came back: what others did of it is not known
    assert lag("lagging") == {"0": 0, "1": 0}
    watch.close()
    assert lag("lagging") == {}


def test_a_group_with_a_name_of_its_own_shows_nothing():
    watch = Watch("t", "router-live-1f3a", shown=False)
    watch.reached({TopicPartition("t", 0): 1})
    watch.show(Client(p0=10))
    watch.trouble("batch")
    watch.came({TopicPartition("t", 0): [Record(1)]})
    watch.close()
    text = [
        s for f in REGISTRY.collect() for s in f.samples if "router-live-1f3a" in s.labels.values()
    ]
    assert text == []


class Record:
    def __init__(self, timestamp: int | None) -> None:
        self.timestamp = timestamp


def test_a_batch_is_as_old_as_its_oldest_message_where_the_broker_says_so():
    watch, labels = Watch("t", "delayed", shown=True), {"topic": "t", "group": "delayed"}
    watch.came({TopicPartition("t", 0): [Record(None), Record(-1)]})
    assert value("tierline_consumer_delay_seconds_count", **labels) is None
    watch.came({TopicPartition("t", 0): [Record(2_000_000), Record(1_000_000)]})
    assert value("tierline_consumer_delay_seconds_count", **labels) == 1
    assert value("tierline_consumer_delay_seconds_sum", **labels) > 1_000_000


# -- requests


async def test_a_request_is_counted_by_pattern_method_and_class_of_status():
    app = FastAPI()

    @app.get("/things/{name}")
    async def thing(name: str) -> str:
        return name

    async def count(**labels: str) -> float:
        return value("tierline_http_request_seconds_count", **labels) or 0

    transport = httpx.ASGITransport(app=Watched(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        for path in ("/things/a", "/things/b", "/nothing/here", "/healthz", "/metrics"):
            await client.get(path)
        await client.request("PROPFIND", "/things/a")
    assert await count(route="/things/{name}", method="GET", status="2xx") == 2
    assert await count(route="none", method="GET", status="4xx") >= 1
    assert await count(route="/things/{name}", method="other", status="4xx") == 1
    assert await count(route="/healthz", method="GET", status="4xx") == 0


async def test_a_request_whose_sender_hangs_up_is_counted_without_a_status():
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    scope = {"type": "http", "path": "/hang", "method": "PUT", "headers": []}
    before = value("tierline_http_request_seconds_count", route="none", method="PUT", status="none")
    await Watched(silent)(scope, None, None)
    after = value("tierline_http_request_seconds_count", route="none", method="PUT", status="none")
    assert after == (before or 0) + 1


# -- the database


async def test_the_pool_shows_what_is_in_use_and_how_long_work_waited(database_url):
    db = await Database.connect(database_url, pool_max=3)
    try:
        waited = value("tierline_database_wait_seconds_count")
        async with db.connection(), db.transaction():
            assert value("tierline_database_connections", state="used") == 2
        assert value("tierline_database_connections", state="used") == 0
        assert value("tierline_database_connections", state="idle") == 2
        assert value("tierline_database_connections_max") == 3
        assert value("tierline_database_wait_seconds_count") == waited + 2
    finally:
        await db.close()


async def test_what_stands_in_the_tables_is_shown_and_what_is_gone_is_not(database_url):
    async with make_world(database_url) as world:
        held = await world.open()
        await world.open_many(2)
        await world.do(held.id, Claim("sam"))
        hold = PutOnHold(HoldReason.VENDOR, asked="a part", of="Telco")
        assert (await world.do(held.id, hold)).decision.rejected is None
        await world.run(
            "INSERT INTO tierline.dead_letter (source, body, reason) VALUES ('intake', '', 'r')"
        )
        await world.run(
            "INSERT INTO tierline.message (channel, address, key, content)"
            " VALUES ('mail', 'a', 'k', '{}')"
        )
        await world.run(
            "INSERT INTO tierline.subscription (name, url, secrets, disabled_at)"
            " VALUES ('psa', 'u', '{}', now())"
        )
        await world.run("UPDATE tierline.outbox SET created_at = now() - interval '1 hour'")
        standing = Standing(world.db, lambda: world.policy)
        await standing.read()
        group = world.policy.groups[held.group]
        place = {"tier": group.tier, "group": group.name, "priority": held.priority.value}
        assert value("tierline_tickets_open", **place) == 3
        assert value("tierline_tickets_on_hold", reason="vendor") == 1
        assert value("tierline_messages_waiting", channel="mail") == 1
        assert value("tierline_dead_letters", source="intake") == 1
        assert value("tierline_subscriptions_disabled") == 1
        assert value("tierline_outbox_rows") == await world.count("outbox")
        assert value("tierline_outbox_age_seconds") >= 3600
        for table in ("ticket", "outbox", "message", "dead_letter", "subscription"):
            await world.run(f"DELETE FROM tierline.{table}")
        await standing.read()
        assert value("tierline_tickets_open", **place) is None
        assert value("tierline_tickets_on_hold", reason="vendor") is None
        assert value("tierline_dead_letters", source="intake") is None
        assert value("tierline_outbox_rows") == value("tierline_outbox_age_seconds") == 0


async def test_a_group_that_no_policy_has_is_shown_without_a_tier(database_url):
    def none_yet():
        raise NoPolicyError

    async with make_world(database_url) as world:
        ticket = await world.open()
        place = {"group": ticket.group, "priority": ticket.priority.value}
        await Standing(world.db, none_yet).read()
        assert value("tierline_tickets_open", tier=NO_TIER, **place) == 1
        await Standing(world.db, example_policy).read()
        assert value("tierline_tickets_open", tier=NO_TIER, **place) is None


# -- deliveries


@pytest.mark.parametrize(("outcome", "told"), [(Delivered("yes"), 1), (Retry(0.0, "no"), 0)])
async def test_a_delivery_counts_as_told_from_when_it_was_written(database_url, outcome, told):
    def count(end: str) -> float:
        return value(f"tierline_notifier_told_seconds_{end}", channel="webhook") or 0

    db = await Database.connect(database_url)
    world = await NotifierWorld(db).furnish()
    await world.subscribe("psa", types=["tierline.ticket.opened.v1"])
    world.story()
    await world.tell()
    await world.sql("UPDATE tierline.message SET created_at = now() - interval '1 hour'")
    before = count("count"), count("sum")
    channels = {**world.channels, "webhook": FakeChannel(lambda _: outcome)}
    await world.deliverer(channels).deliver_once()
    await db.close()
    assert count("count") - before[0] == told
    assert (count("sum") - before[1] >= 3600) is bool(told)
