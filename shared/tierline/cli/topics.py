"""`tierline topics`: whether the broker has the topics; makes those that are missing."""

import asyncio
import json
import sys
from typing import Annotated

import typer
from pydantic import Field

from tierline.bus.errors import BROKER_AWAY
from tierline.bus.topics import ensure_topics, partitions_of
from tierline.cli.call import AsJson, Screen
from tierline.cli.failures import FailureError, told
from tierline.messages.topics import PARTITIONS, TOPICS
from tierline.runtime.settings import ServiceSettings, SettingsError, load_settings


class KafkaSettings(ServiceSettings):
    """What of the settings says where the broker is; the rest may be missing.

    Attributes:
        database_url: unused.
        port: unused.
        secret: unused.
    """

    database_url: Annotated[str, Field(repr=False, validate_default=False)] = ""
    port: int = 0
    secret: Annotated[str, Field(repr=False, validate_default=False)] = ""


def register(app: typer.Typer) -> None:
    """Add `topics` to the command line."""
    app.command("topics")(topics)


def topics(
    *,
    make: Annotated[bool, typer.Option("--make", help="Make those that are missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the topics on the broker of TIERLINE_KAFKA_BOOTSTRAP; 1 where one is missing.

    Services make a missing topic at their first message. Where they may not, or messages shall be
    copied from the start (TIERLINE_KAFKA_REPLICATION), make them before.
    """
    with told(as_json=as_json):
        found = _look(make=make)
        missing = [name for name in TOPICS if name not in found]
        if as_json:
            sys.stdout.write(json.dumps({"topics": found, "missing": missing}) + "\n")
        else:
            rows = [[name, str(found.get(name, "missing"))] for name in TOPICS]
            Screen().table(("topic", "partitions"), rows)
    raise typer.Exit(1 if missing else 0)


def _look(*, make: bool) -> dict[str, int]:
    try:
        settings = load_settings(KafkaSettings)
    except SettingsError as error:
        raise FailureError(f"{error}.", "Correct the environment, then try again.") from error

    async def run() -> dict[str, int]:
        if make:
            await ensure_topics(settings.broker, replication=settings.kafka_replication)
        return await partitions_of(settings.broker, TOPICS)

    try:
        return asyncio.run(run())
    except BROKER_AWAY as error:
        raise FailureError(
            f"The broker cannot be used: {type(error).__name__}: {error}.",
            "Check TIERLINE_KAFKA_BOOTSTRAP and the login; a broker may lack the rights to make"
            f" topics: {' and '.join(TOPICS)}, {PARTITIONS} partitions each.",
        ) from error
