"""`python -m tests.cluster.run [STEP...]`: the chart on a real cluster, to a drained node.

Run by deploy/test/cluster.sh `in` the cluster's network, with KUBECONFIG set. See deploy/test.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import cast

import structlog

from tests.cluster.programs import CommandFailedError, helm
from tests.cluster.stack import NODE_IP, ClusterStack
from tests.cluster.steps import OFFICE_SECONDS, RATE, STEPS, Drill
from tests.faults.receiver import Receiver, receiving
from tests.faults.stack import FaultStack
from tests.faults.world import Watch, World
from tests.runbooks.receiver import relaying

SPEED = 5.0
"""Policy seconds a real one: promises run out meanwhile, too."""

PASSWORD = "the password of the relay"


async def install(drill: Drill) -> None:
    """From an empty cluster to a release that says it is ready, and its first logins."""
    watch = Watch()
    await drill.stack.prepare()
    drill.say(f"PostgreSQL and Kafka up, Secrets and policy made: {watch.seconds:g} s")
    watch = Watch()
    await drill.stack.install()
    drill.say(f"helm install: {watch.seconds:g} s")
    watch = Watch()
    await helm("test", "tierline", "--timeout", "2m")
    drill.say(f"helm test: passed, {watch.seconds:g} s")
    await drill.stack.first_logins()


async def follow(drill: Drill, names: Sequence[str]) -> None:
    """Install, then the steps of those names; without one, all."""
    await install(drill)
    await drill.world.open_office(OFFICE_SECONDS)
    for step in STEPS:
        if not names or step.name in names:
            await drill.follow(step)


def chosen() -> list[str]:
    """The steps of the command line; argparse says which there are."""
    parser = argparse.ArgumentParser(description="the chart on a real cluster")
    parser.add_argument("step", nargs="*", help=", ".join(repr(step.name) for step in STEPS))
    names: list[str] = parser.parse_args().step
    known = {step.name for step in STEPS}
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no such step: {unknown}; there are {sorted(known)}")
    return names


async def main(folder: Path, names: Sequence[str]) -> int:
    """Run it; 1 if a promise was broken."""
    receiver = Receiver()
    async with (
        receiving(receiver, NODE_IP),
        relaying(lambda: PASSWORD, NODE_IP) as (relay, smtp_port),
    ):
        stack = ClusterStack(folder, receiver, smtp_port, PASSWORD)
        world = World(cast("FaultStack", stack), Random(7), RATE, SPEED)
        drill = Drill(world, stack, relay)
        try:
            await follow(drill, names)
        except (CommandFailedError, TimeoutError):
            print(await stack.logs_of_trouble(), flush=True)
            raise
    print(json.dumps({"broken": len(drill.broken)}))
    return 1 if drill.broken else 0


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # of every session without TLS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    names = chosen()
    with tempfile.TemporaryDirectory(prefix="tierline-cluster-") as made:
        sys.exit(asyncio.run(main(Path(made), names)))
