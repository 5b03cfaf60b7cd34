"""Break everything under load, on real processes, and see whether every promise held.

    .venv/bin/python -m tests.faults.run [--seconds 600] [--rate 200] [--only NAME] [--seed N]
        [--report FILE] [--broker auto|apache|embedded]

Two replicas of every service, a PostgreSQL and a broker are started from a folder of their own.
While alerts come in and people act, one kind of fault after the other is brought about; after each,
everything has to drain and every promise is judged. It exits 1 if any was broken, the first named.
With fewer than SHORT seconds one stack serves all, and what waits for the lease of a dead sender is
waited for after the last scenario alone; else the storm has a stack to itself, and a short storm
follows on the embedded broker, which forgets all when it dies.
"""

import argparse
import asyncio
import json
import logging
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import structlog

from router.requests import ClockBody
from tests.faults import disk
from tests.faults.drain import drain
from tests.faults.evidence import Judged, audit, judge, judge_times
from tests.faults.promises import TOOK_HOLD, broken, exercised
from tests.faults.receiver import receiving
from tests.faults.report import Part, Report, table
from tests.faults.scenarios import SCENARIOS, NoFaultError, why_not
from tests.faults.stack import FaultStack
from tests.faults.world import Watch, World
from tests.kafka.jars import missing

SHORT = 300
SPEED_SHORT, SPEED_LONG = 180.0, 120.0
"""Policy seconds a real one: the shortest limits run out within each fault."""

FORGETFUL_S = 60.0
DRAIN_S_MAX = 300.0
SETTLE_S_MAX = 90.0
"""The same where leases are left to the last scenario."""

THRESHOLDS_MIN = 20
"""Fewer that come due during a fault would say little about how it bears on them."""

OFFICE_S = 60.0
"""How much longer than the fault itself a scenario takes, generously."""

FOLDER_VARIABLE = "TIERLINE_FAULTS_FOLDER"


@dataclass(frozen=True, slots=True)
class Leg:
    """Scenarios, with the seconds of each, that share one stack.

    `brief`: only after the last of them the leases of dead senders are waited for.
    """

    seconds: dict[str, float]
    apache: bool
    brief: bool
    proxied: bool = True
    small_disk: bool = True


def plan(seconds: float, only: str, broker: str) -> list[Leg]:
    """Which stacks run what for how long."""
    apache = broker == "apache" or (broker == "auto" and missing() is None)
    brief = seconds < SHORT
    share = seconds / 600
    lengths = {
        "storm": seconds * 0.4 if brief else seconds,
        "skew": max(4.0, 40 * share),
        "paused": max(8.0, 60 * share),
        "links": max(8.0, 60 * share),
        "disk": max(3.0, 30 * share),
        "poison": max(4.0, 20 * share),
    }
    if only:
        lengths = {only: lengths[only]}
    if brief:
        return [Leg(lengths, apache, brief, proxied=only != "storm", small_disk=only != "storm")]
    rest = {name: s for name, s in lengths.items() if name != "storm"}
    legs = []
    if "storm" in lengths:
        legs.append(Leg({"storm": seconds}, apache, brief, proxied=False, small_disk=False))
    if rest:
        legs.append(Leg(rest, apache, brief))
    if apache and broker == "auto" and not only:
        # On no small disk: that holds what the stack before it has stored.
        forgetful = {"storm": FORGETFUL_S}
        legs.append(Leg(forgetful, apache=False, brief=brief, proxied=False, small_disk=False))
    return legs


async def run_leg(leg: Leg, folder: Path, report: Report, rng: Random) -> None:
    """Start a stack, run a leg's scenarios on it, and stop it."""
    folder.mkdir(mode=0o755)
    small = disk.small_disk() if leg.small_disk else None
    async with receiving() as receiver:
        stack = FaultStack(
            folder,
            (small or folder) / "postgres",
            receiver,
            apache=leg.apache,
            proxied=leg.proxied,
        )
        watch = Watch()
        world = World(stack, rng, report.rate, SPEED_SHORT if leg.brief else SPEED_LONG)
        sampling = asyncio.create_task(world.watch_memory())
        try:
            await stack.start()
            say(f"stack up after {watch.seconds:g} s ({stack.brokers.name})")
            for place, name in enumerate(leg.seconds, 1):
                last = place == len(leg.seconds)
                part = await run_part(world, name, leg.seconds[name], whole=last or not leg.brief)
                report.parts.append(part)
        finally:
            sampling.cancel()
            report.take(world)
            await stack.stop()


async def run_part(world: World, name: str, seconds: float, *, whole: bool) -> Part:
    """Run one scenario, wait until all drained, judge.

    Args:
        world: a stack that is up, nothing wrong with it.
        name: of SCENARIOS.
        seconds: real, of the fault itself.
        whole: wait for the leases of senders that died, too; else a later part does, which judges
            what comes of it.
    """
    part = Part(name, world.stack.brokers.name, speed=world.speed, skipped=why_not(name))
    if part.skipped:
        if os.environ.get("TIERLINE_REQUIRE_ALL"):
            part.broken += broken("every scenario runs", [part.skipped])
        return part
    accepted, asked = len(world.alerts.accepted), len(world.commands.asked)
    deaths, watch = len(world.stack.deaths), Watch()
    await world.open_office(seconds + OFFICE_S)
    say(f"{name}: {seconds:g} s")
    began = world.clock.now()
    async with world.load():
        try:
            part.notes = await SCENARIOS[name](world, seconds)
        except NoFaultError as error:
            part.broken += broken(TOOK_HOLD, [str(error)])
        ended = world.clock.now()
    part.seconds = watch.seconds
    part.alerts = len(world.alerts.accepted) - accepted
    part.commands = len(world.commands.asked) - asked
    part.deaths = len(world.stack.deaths) - deaths
    part.broken += await judge_times(world)
    judged = await settle_and_judge(world, part, whole=whole)
    part.take(judged.fired, began, ended)
    part.broken += exercised(part.due, THRESHOLDS_MIN)
    say(f"{name}: drained after {part.drained_s:g} s, {len(part.broken)} promises broken")
    return part


async def settle_and_judge(world: World, part: Part, *, whole: bool) -> Judged:
    """Drain with the policy clock held, judge, and let it run again."""
    done = await drain(world, DRAIN_S_MAX if whole else SETTLE_S_MAX, whole=whole)
    part.broken += done.broken()
    part.drained_s, part.waited_s = done.took_s, done.until_s
    part.lag_s, part.lag_most = done.lag_s, done.lag_most
    part.leased = len(done.owed.messages)
    watch = Watch()
    judged = await judge(world, done.owed)
    part.broken += judged.broken
    part.counts = judged.counts
    await world.turn_clock(ClockBody(held=False))
    part.broken += await audit(world)
    part.judged_s = watch.seconds
    return judged


def say(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)


async def run_all(legs: Sequence[Leg], folder: Path, report: Report) -> None:
    """All legs, one after the other."""
    watch, rng = Watch(), Random(report.seed)
    for number, leg in enumerate(legs):
        await run_leg(leg, folder / f"stack-{number}", report, rng)
    report.seconds = watch.seconds


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long the storm lasts")
    parser.add_argument("--rate", type=float, default=200.0, help="alerts a second")
    parser.add_argument("--only", choices=sorted(SCENARIOS), default="")
    parser.add_argument("--seed", type=int, default=None, help="draws victims, faults, alerts")
    parser.add_argument("--report", type=Path, default=None, help="also write JSON here")
    parser.add_argument("--broker", choices=("auto", "apache", "embedded"), default="auto")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return parser.parse_args()


def main() -> int:
    """Run it and print the report; 1 if a promise was broken."""
    chosen = parse()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # brokers die here
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if chosen.seed is None:
        chosen.seed = secrets.randbelow(10**6)
    folder = Path(os.environ.get(FOLDER_VARIABLE) or tempfile.mkdtemp(prefix="tierline-faults-"))
    folder.chmod(0o755)
    place = folder / "disk"
    if disk.small_disk() is None and FOLDER_VARIABLE not in os.environ:
        place.mkdir()
        os.environ[FOLDER_VARIABLE] = str(folder)
        argv = [sys.executable, "-m", "tests.faults.run", *sys.argv[1:], "--seed", str(chosen.seed)]
        say(f"no small disk: {disk.start_again_on_small_disk(place, argv)}")
    report = Report(chosen.seed, chosen.rate)
    legs = plan(chosen.seconds, chosen.only, chosen.broker)
    asyncio.run(run_all(legs, folder, report))
    print(table(report))
    if chosen.report is not None:
        chosen.report.write_text(json.dumps(report.as_json(), indent=2, default=str) + "\n")
    if chosen.keep or report.broken:
        print(f"logs: {folder}")
    else:
        if (mounted := disk.small_disk()) is not None:
            disk.take_down(mounted)
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
