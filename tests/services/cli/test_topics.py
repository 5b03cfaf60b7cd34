"""`tierline topics` on a real broker, and what is refused before one is asked."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from intake.triage import consumer as triage
from notifier import consumer as notifier
from tierline.cli.main import app
from tierline.messages.topics import GROUPS, PARTITIONS, TOPICS


def tierline(bootstrap: str, *args: str):
    runner = CliRunner(env={"TIERLINE_KAFKA_BOOTSTRAP": bootstrap, "COLUMNS": "200"})
    return asyncio.to_thread(runner.invoke, app, ["topics", *args], prog_name="tierline")


def test_the_groups_are_those_that_the_services_join():
    assert list(GROUPS) == [triage.GROUP, notifier.NAME]


@pytest.mark.broker
async def test_topics_are_listed_with_their_groups(broker):
    listed = json.loads((await tierline(broker.bootstrap, "list", "--json")).stdout)
    assert {topic["name"]: topic["partitions"] for topic in listed["topics"]} == dict.fromkeys(
        TOPICS, PARTITIONS
    )
    assert listed["missing"] == []
    assert {one["group"]: one["topic"] for one in listed["groups"]} == dict(GROUPS)
    plain = await tierline(broker.bootstrap, "list")
    assert all(f"group {group}: " in plain.stdout for group in GROUPS)


@pytest.mark.broker
async def test_what_is_there_is_not_made_again(broker):
    made = await tierline(broker.bootstrap, "make", "--json")
    assert json.loads(made.stdout) == {"made": []}


async def test_topics_are_removed_only_when_that_is_said():
    refused = await tierline("127.0.0.1:1", "remove")
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr


async def test_an_unknown_topic_is_refused_with_the_nearest():
    refused = await tierline("127.0.0.1:1", "grow", "8", "--topic", "ticket.events")
    assert refused.exit_code == 2
    assert "tickets.events" in refused.stderr


async def test_a_cluster_that_is_away_is_told(caplog):
    refused = await tierline("127.0.0.1:1", "list")
    assert refused.exit_code == 1
    assert "127.0.0.1:1" in refused.stderr


@pytest.mark.broker
async def test_fewer_partitions_are_refused(broker):
    refused = await tierline(broker.bootstrap, "grow", "2")
    assert refused.exit_code == 2
    assert f"has {PARTITIONS} partitions" in refused.stderr
