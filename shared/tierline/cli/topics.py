"""`tierline topics`: the topics as Kafka has them: look, make, grow, remove."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tierline.bus.cluster import Cluster, Standing, Topic
from tierline.bus.topics import ensure_topics
from tierline.cli.brokers import find_broker, work_on_cluster
from tierline.cli.call import AsJson, Screen
from tierline.cli.failures import USAGE, FailureError, told
from tierline.messages.topics import PARTITIONS, TOPICS
from tierline.policy.errors import did_you_mean

PARTITIONS_MAX = 1_000

app = typer.Typer(no_args_is_help=True, help="Kafka's topics: look, make, grow, remove.")

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="The running stack's folder (TIERLINE_HOME).")
]


@app.callback()
def topics() -> None:
    """Kafka's topics: look, make, grow, remove."""


@app.command("list")
def list_(*, as_json: AsJson = False, home: HomeOption = None) -> None:
    """List the topics, and how far behind each group of consumers is."""
    with told(as_json=as_json):
        there, standings = work_on_cluster(find_broker(home), _look)
    missing = [name for name in TOPICS if name not in there]
    if as_json:
        document = {
            "topics": [asdict(topic) for topic in there.values()],
            "missing": missing,
            "groups": [asdict(one) for one in standings],
        }
        sys.stdout.write(json.dumps(document) + "\n")
        return
    _show(Screen(), there, standings, missing)


async def _look(cluster: Cluster) -> tuple[dict[str, Topic], list[Standing]]:
    there = await cluster.topics()
    return there, await cluster.standings(there)


def _show(
    screen: Screen, there: Mapping[str, Topic], standings: list[Standing], missing: list[str]
) -> None:
    rows = [
        [
            topic.name,
            str(topic.partitions),
            f"{topic.in_sync} of {topic.copies}",
            " ".join(f"{name}={value}" for name, value in topic.settings.items()),
        ]
        for topic in there.values()
    ]
    if rows:
        screen.table(("topic", "partitions", "in sync", "settings"), rows)
    for name in missing:
        screen.line(f"{name} is missing: `tierline topics make` makes it")
    for one in standings:
        members = "" if one.members is None else f", {one.members} members"
        screen.line(f"group {one.group}: {one.lag} messages of {one.topic} behind{members}")


@app.command()
def make(
    *,
    partitions: Annotated[
        int, typer.Option("--partitions", help="Of each topic.", min=1, max=PARTITIONS_MAX)
    ] = PARTITIONS,
    copies: Annotated[
        int,
        typer.Option(
            "--copies",
            envvar="TIERLINE_KAFKA_REPLICATION",
            help="Of each message: 3 on three brokers.",
            min=1,
            max=9,
        ),
    ] = 1,
    as_json: AsJson = False,
    home: HomeOption = None,
) -> None:
    """Make the topics that are missing; those that are there stay as they are."""
    with told(as_json=as_json):
        broker = find_broker(home)

        async def work(cluster: Cluster) -> list[str]:
            there = await cluster.topics()
            await ensure_topics(broker, replication=copies, partitions=partitions)
            _see_all(await cluster.topics(), copies)
            return [name for name in TOPICS if name not in there]

        made = work_on_cluster(broker, work)
    _say(as_json, {"made": made}, f"made {', '.join(made)}" if made else "all topics are there")


def _see_all(there: Mapping[str, Topic], copies: int) -> None:
    """A broker may refuse a topic without an error of its own."""
    missing = [name for name in TOPICS if name not in there]
    if missing:
        raise FailureError(
            f"Kafka did not make {', '.join(missing)}.",
            f"Has it {copies} brokers, and may this login make topics? Its log says why.",
        )


@app.command()
def grow(
    *,
    partitions: Annotated[
        int, typer.Argument(help="How many it is to have.", min=2, max=PARTITIONS_MAX)
    ],
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="Only this one; may be repeated.")
    ] = None,
    as_json: AsJson = False,
    home: HomeOption = None,
) -> None:
    """Give topics more partitions, while everything runs. There is no way back."""
    with told(as_json=as_json):
        names = topic or list(TOPICS)
        _check_names(names)

        async def work(cluster: Cluster) -> list[str]:
            there = await cluster.topics()
            for name in names:
                _may_grow(there.get(name), name, partitions)
            wanting = [name for name in names if there[name].partitions < partitions]
            for name in wanting:
                await cluster.grow(name, partitions)
            return wanting

        grown = work_on_cluster(find_broker(home), work)
    said = f"{', '.join(grown) or 'no topic'} grew; {', '.join(names)}: {partitions} partitions"
    _say(as_json, {"grown": grown, "partitions": partitions}, said)


def _may_grow(topic: Topic | None, name: str, partitions: int) -> None:
    if topic is None:
        raise FailureError(f"There is no topic {name}.", "`tierline topics make` makes it.")
    if topic.partitions > partitions:
        raise FailureError(
            f"{name} has {topic.partitions} partitions, and Kafka takes none away.",
            f"Name {topic.partitions} or more.",
            code=USAGE,
        )


@app.command()
def remove(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="The services are stopped; do it.")] = False,
    as_json: AsJson = False,
    home: HomeOption = None,
) -> None:
    """Remove the topics with all messages; what has no outcome yet is sent again from PostgreSQL.

    For a restored database, whose topics know of more than it does. Stop the services before.
    """
    with told(as_json=as_json):
        if not yes:
            raise FailureError(
                "This removes every message of every topic.",
                "Stop the services, then say --yes. Nothing is lost: PostgreSQL has it all.",
                code=USAGE,
            )

        async def work(cluster: Cluster) -> list[str]:
            there = list(await cluster.topics())
            await cluster.remove(there)
            return there

        removed = work_on_cluster(find_broker(home), work)
    said = f"removed {', '.join(removed)}" if removed else "there was no topic"
    _say(as_json, {"removed": removed}, said)


def _check_names(names: list[str]) -> None:
    for name in names:
        if name not in TOPICS:
            hint = did_you_mean(name, TOPICS)
            raise FailureError(
                f"Tierline has no topic {name}.", f"{hint[:1].upper()}{hint[1:]}", code=USAGE
            )


def _say(as_json: bool, document: dict[str, Any], text: str) -> None:  # noqa: FBT001
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        Screen().line(text)
