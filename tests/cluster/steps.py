"""What an operator does to a release, each under load, and judged afterwards."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from router.requests import ClockBody
from tests.cluster.programs import OURS, CommandFailedError, helm, is_ready, kubectl, pods, tag_of
from tests.cluster.stack import ClusterStack
from tests.faults.drain import drain
from tests.faults.evidence import audit, judge
from tests.faults.people import People
from tests.faults.promises import Broken, broken
from tests.faults.senders import Senders
from tests.faults.world import Watch, World, share
from tests.runbooks.receiver import Relay
from tierline.runtime.addresses import HTTP_SERVICES

RATE = 6.0
COMMANDS_PER_S = 1.0
"""A second: something is under way at each moment, and two cores still have time for the pods."""

TIMEOUT_SECONDS = 60.0
"""What an ingress waits for an answer by default (nginx: proxy_read_timeout)."""

OFFICE_SECONDS = 900.0
DRAIN_SECONDS = 240.0
WARM_SECONDS = 5.0
KILL_EVERY_S = 6.0
KEPT_BY_BUDGETS = {"intake", "router"}
"""What runs twice here, and so loses no second pod to a drain."""

NOTHING_REFUSED = "no request is refused"
AS_IT_SHOULD = "the cluster is as it should be"


@dataclass
class Drill:
    """A release, the load on it, and what was seen."""

    world: World
    stack: ClusterStack
    relay: Relay
    people: People | None = None
    broken: list[Broken] = field(default_factory=list)

    def say(self, line: str) -> None:
        """A line of the record."""
        print(line, flush=True)

    def fault(self, promise: str, cases: list[str]) -> None:
        """Note what did not hold."""
        for one in broken(promise, cases):
            self.broken.append(one)
            self.say(f"  BROKEN {one}")

    @asynccontextmanager
    async def load(self) -> AsyncIterator[None]:
        """Alerts come and people act while the block runs, and until all of it was answered."""
        world, stop = self.world, asyncio.Event()
        ports = self.stack.ports
        senders = Senders(
            *([ports["intake"]], self.stack.key("api"), world.rng, world.alerts),
            TIMEOUT_SECONDS,
        )
        if self.people is None:  # once: ten logins at the moment of a rollout are another test
            passwords = {one["login"]: one["password"] for one in self.stack.loaded["people"]}
            self.people = People(
                *([ports["router"]], passwords, world.rng),
                *(world.commands, world.clock, COMMANDS_PER_S, TIMEOUT_SECONDS),
            )
        async with asyncio.TaskGroup() as group:
            group.create_task(senders.run(RATE, stop))
            group.create_task(self.people.run(stop))
            try:
                await asyncio.sleep(WARM_SECONDS)
                yield
                await asyncio.sleep(WARM_SECONDS)
            finally:
                stop.set()

    async def follow(self, step: "Step") -> None:
        """Do a step under load, drain, and judge every promise of the fault runs."""
        world, watch = self.world, Watch()
        alerts, commands = len(world.alerts.accepted), len(world.commands.asked)
        world.alerts.refused.clear()
        world.commands.refused.clear()
        self.say(f"{step.name}:")
        async with self.load():
            await step.act(self)
        refused = world.alerts.refused + world.commands.refused
        self.say(
            f"  {watch.seconds:g} s; answered: {len(world.alerts.accepted) - alerts} alerts "
            f"(refused or broken off: {share(world.alerts.refused)}) and "
            f"{len(world.commands.asked) - commands} commands ({share(world.commands.refused)})"
        )
        if refused and not step.refusals:
            self.fault(NOTHING_REFUSED, [share(refused)])
        await self.stack.settled()
        await self.judge()

    async def judge(self) -> None:
        """Drain and judge."""
        done = await drain(self.world, DRAIN_SECONDS)
        found = done.broken()
        judged = await judge(self.world, done.owed)
        await self.world.turn_clock(ClockBody(held=False))
        found += judged.broken + await audit(self.world)
        self.broken += found
        said = ", ".join(f"{count} {what}" for what, count in judged.counts.items() if count)
        self.say(f"  drained after {done.took_s:g} s: {said}")
        self.say(f"  promises broken: {len(found)} {'; '.join(map(str, found))}".rstrip())


async def all_tags() -> set[str]:
    """The versions that run."""
    return {tag_of(pod) for pod in await pods()}


async def deliver(drill: Drill) -> None:
    """Alerts become tickets, lapse, and are told: by mail and by webhook."""
    async with asyncio.timeout(120):
        while not drill.relay.mails or not drill.stack.receiver.arrivals:
            await asyncio.sleep(0.2)
    posts = drill.stack.receiver.posts
    drill.say(f"  mails taken by the relay: {drill.relay.mails}; posts: {share(posts)}")


async def upgrade(drill: Drill) -> None:
    """To the next version; the migration first, then pod by pod."""
    watch = Watch()
    await drill.stack.helm("upgrade", "--set", "image.tag=0.1.1", "--timeout", "10m")
    drill.say(f"  helm upgrade: {watch.seconds:g} s")
    if (tags := await all_tags()) != {"0.1.1"}:
        drill.fault(AS_IT_SHOULD, [f"these run: {tags}"])


async def bad_version(drill: Drill, name: str, *argv: str) -> None:
    """An upgrade that cannot come up is taken back, while the old pods serve on."""
    watch = Watch()
    try:
        await drill.stack.helm(
            *("upgrade", "--set", "image.tag=0.1.1", *argv),
            *("--rollback-on-failure", "--timeout", "60s"),
        )
    except CommandFailedError as error:
        drill.say(f"  {name}: refused after {watch.seconds:g} s")
        said = [line for line in str(error).splitlines() if line.startswith("Error: ")]
        drill.say(f"    {' '.join(said)[:200]}")
    else:
        drill.fault(AS_IT_SHOULD, [f"{name} was taken"])
    if (tags := await all_tags()) != {"0.1.1"}:
        drill.fault(AS_IT_SHOULD, [f"after {name} these run: {tags}"])


async def bad_versions(drill: Drill) -> None:
    """One whose images are not there; one that is told of a Kafka that is not there."""
    await bad_version(drill, "images that are not there", "--set", "image.tag=9.9.9")
    nowhere = "kafka.bootstrap=nowhere.servers:9092"
    await bad_version(drill, "a Kafka that is not there", "--set", nowhere)


async def roll_back(drill: Drill) -> None:
    """To the first revision, by hand."""
    watch = Watch()
    await helm("rollback", "tierline", "1", "--wait", "--timeout", "10m")
    drill.say(f"  helm rollback: {watch.seconds:g} s")
    if (tags := await all_tags()) != {"0.1.0"}:
        drill.fault(AS_IT_SHOULD, [f"these run: {tags}"])


async def kill(drill: Drill) -> None:
    """SIGKILL to the process of one pod of each service, one after the other."""
    for service in HTTP_SERVICES:
        pod = (await pods(service))[0]
        before = pod["status"]["containerStatuses"][0]["restartCount"]
        for pid in pids_of(pod["metadata"]["uid"], service):
            os.kill(pid, signal.SIGKILL)
        watch = Watch()
        async with asyncio.timeout(120):
            while not await restarted(service, pod["metadata"]["uid"], before):
                await asyncio.sleep(0.2)
        drill.say(f"  {service}: killed, ready again after {watch.seconds:g} s")
        await asyncio.sleep(KILL_EVERY_S)


async def restarted(service: str, uid: str, before: int) -> bool:
    """Whether the pod's container was started again and is ready."""
    for pod in await pods(service):
        if pod["metadata"]["uid"] == uid:
            count = pod["status"]["containerStatuses"][0]["restartCount"]
            return bool(count > before and is_ready(pod))
    return False


def pids_of(uid: str, service: str) -> list[int]:
    """The service's own process in a pod's control group."""
    module = service.replace("-", "_").encode()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            groups = (folder / "cgroup").read_text()
            command = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"pod{uid}" in groups and module in command:
            found.append(int(folder.name))
    return found


async def drain_node(drill: Drill) -> None:
    """The node is drained: with no other to go to, the budgets keep one pod of what runs twice."""
    watch = Watch()
    try:
        await kubectl(
            *("drain", "node1", "--pod-selector", OURS, "--ignore-daemonsets"),
            *("--delete-emptydir-data", "--timeout", "40s"),
        )
    except CommandFailedError:
        ready = sorted(
            pod["metadata"]["labels"]["app.kubernetes.io/component"]
            for pod in await pods()
            if is_ready(pod)
        )
        drill.say(f"  not drained after {watch.seconds:g} s; ready: {', '.join(ready)}")
        if not set(ready) >= KEPT_BY_BUDGETS:
            drill.fault(AS_IT_SHOULD, [f"ready: {ready}"])
    else:
        drill.fault(AS_IT_SHOULD, ["every pod was evicted although there was no place for another"])
    await kubectl("uncordon", "node1")
    await drill.stack.settled()
    drill.say(f"  uncordoned, all ready again after {watch.seconds:g} s")


async def empty_node(drill: Drill) -> None:
    """The node is emptied past the budgets, as a node that goes: nobody serves until it is back."""
    watch = Watch()
    await kubectl(
        *("drain", "node1", "--pod-selector", OURS, "--ignore-daemonsets", "--disable-eviction"),
        *("--delete-emptydir-data", "--timeout", "120s"),
    )
    left = len([pod for pod in await pods() if is_ready(pod)])
    drill.say(f"  empty after {watch.seconds:g} s; ready: {left}")
    if left:
        drill.fault(AS_IT_SHOULD, [f"{left} pods are ready on an emptied node"])
    await kubectl("uncordon", "node1")
    await drill.stack.settled()
    drill.say(f"  uncordoned, all ready again after {watch.seconds:g} s")


@dataclass(frozen=True)
class Step:
    """One step of the drill. `refusals`: requests may be refused meanwhile."""

    name: str
    act: Callable[[Drill], Awaitable[None]]
    refusals: bool = False


STEPS = (
    Step("an alert to a delivered message", deliver),
    Step("upgrade", upgrade),
    Step("bad versions", bad_versions),
    Step("rollback", roll_back),
    Step("a pod of each service killed", kill, refusals=True),
    Step("the node drained", drain_node),
    Step("the node emptied", empty_node, refusals=True),
)
