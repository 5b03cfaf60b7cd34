"""Commands that work straight on Kafka: which one, and how its failures are told."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from aiokafka.errors import KafkaError

from tierline.bus.cluster import Cluster
from tierline.cli.failures import FailureError
from tierline.runtime.home import Home, resolve_home
from tierline.runtime.ports import LOOPBACK

BOOTSTRAP_VARIABLE = "TIERLINE_KAFKA_BOOTSTRAP"
WORK_SECONDS = 60.0
"""Longest that a command may take on the cluster, all requests together."""

T = TypeVar("T")


def find_broker(home: Path | None = None) -> str:
    """Find the brokers: TIERLINE_KAFKA_BOOTSTRAP, else that of the running development stack.

    Args:
        home: the stack's data folder from the command line, or None.

    Returns:
        host:port, several separated by commas.

    Raises:
        FailureError: there is neither.
    """
    told = os.environ.get(BOOTSTRAP_VARIABLE, "")
    if told:
        return told
    here = Home(resolve_home(home))
    port = here.run_state().get("ports", {}).get("broker") if here.is_held() else None
    if port is None:
        raise FailureError(
            f"{BOOTSTRAP_VARIABLE} is not set, and no copy runs from {here.folder}.",
            f"Set {BOOTSTRAP_VARIABLE}, or start a copy with `make run` or `tierline up`.",
        )
    return f"{LOOPBACK}:{port}"


def work_on_cluster(bootstrap: str, work: Callable[[Cluster], Awaitable[T]]) -> T:
    """Do some work on a cluster.

    Args:
        bootstrap: its address.
        work: gets the connection.

    Returns:
        What `work` returns.

    Raises:
        FailureError: nobody answers, the cluster refuses, or it takes longer than WORK_SECONDS.
    """

    async def run() -> T:
        async with asyncio.timeout(WORK_SECONDS), Cluster(bootstrap) as cluster:
            return await work(cluster)

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a failure is told in two lines
    try:
        return asyncio.run(run())
    except (KafkaError, OSError, TimeoutError) as error:
        raise FailureError(
            f"Kafka at {bootstrap} cannot be used: {type(error).__name__}: {error}.",
            f"Check {BOOTSTRAP_VARIABLE}, and that the brokers run and may be reached from here.",
        ) from error
