"""Commands that work straight on Kafka: which one, and how its failures are told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from tierline.bus.cluster import Cluster
from tierline.bus.errors import BROKER_AWAY
from tierline.cli.failures import FailureError
from tierline.messages.broker import Broker
from tierline.runtime.home import Home, resolve_home
from tierline.runtime.ports import LOOPBACK
from tierline.runtime.settings import ServiceSettings, SettingsError, load_settings
from tierline.store.environment import VariableError, variable

BOOTSTRAP_VARIABLE = "TIERLINE_KAFKA_BOOTSTRAP"
WORK_SECONDS = 60.0
"""Longest that a command may take on the cluster, all requests together."""

T = TypeVar("T")


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


def told_broker() -> Broker | None:
    """The broker that the environment names, with the login for it; None where it names none.

    Raises:
        VariableError, SettingsError: a variable cannot be used.
    """
    return load_settings(KafkaSettings).broker if variable(BOOTSTRAP_VARIABLE) else None


def find_broker(home: Path | None = None) -> Broker:
    """Find the brokers: TIERLINE_KAFKA_BOOTSTRAP, else that of the running development stack.

    Args:
        home: the stack's data folder from the command line, or None.

    Returns:
        Where it is, and the login for it.

    Raises:
        FailureError: there is neither, or a variable cannot be used.
    """
    try:
        told = told_broker()
    except (SettingsError, VariableError) as error:
        raise FailureError(f"{error}.", "Correct the environment, then try again.") from error
    if told is not None:
        return told
    here = Home(resolve_home(home))
    port = here.run_state().get("ports", {}).get("broker") if here.is_held() else None
    if port is None:
        raise FailureError(
            f"{BOOTSTRAP_VARIABLE} is not set, and no copy runs from {here.folder}.",
            f"Set {BOOTSTRAP_VARIABLE}, or start a copy with `make run` or `tierline up`.",
        )
    return Broker(f"{LOOPBACK}:{port}")


def work_on_cluster(broker: Broker, work: Callable[[Cluster], Awaitable[T]]) -> T:
    """Do some work on a cluster.

    Args:
        broker: where it is.
        work: gets the connection.

    Returns:
        What `work` returns.

    Raises:
        FailureError: nobody answers, the cluster refuses, or it takes longer than WORK_SECONDS.
    """

    async def run() -> T:
        async with asyncio.timeout(WORK_SECONDS), Cluster(broker) as cluster:
            return await work(cluster)

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a failure is told in two lines
    try:
        return asyncio.run(run())
    except BROKER_AWAY as error:
        raise FailureError(
            f"Kafka at {broker.bootstrap} cannot be used: {type(error).__name__}: {error}.",
            f"Check {BOOTSTRAP_VARIABLE} and the login, and that the brokers run and may be reached"
            " from here.",
        ) from error
