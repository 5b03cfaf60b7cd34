"""What is broken, one function a kind. Each runs under load and leaves everything mended."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from tests.faults import disk, skew
from tests.faults.groups import NOTIFIER, TRIAGE, Groups, LagUnknownError, Members
from tests.faults.links import Fault
from tests.faults.poison import poison_outbox, send_poison
from tests.faults.stack import REPLICAS
from tests.faults.world import Watch, World
from tierline.runtime.probes import http_probe

Notes = dict[str, Any]
"""What a scenario says of itself in the report."""

READY_S = 90.0
POLL_S = 0.1
SESSION_S = 10.0
"""A consumer silent for longer loses its partitions (bus.limits.SESSION_TIMEOUT_MS)."""

LEASE_S = 60.0
"""A sender silent for longer loses its messages (notifier.limits.LEASE_S)."""

WARM_S = 2.0
"""Load before a fault that should meet everything at work."""

OFF_S = 300
SKEWED = ("sla-timer-2", "intake-2", "notifier-2")
PAUSED = {"intake-1": TRIAGE, "notifier-1": NOTIFIER}
"""Who is stopped, and the group its consumer is in."""

JOINED_S = 60.0
PUT_OUT_S = 30.0
REFUSES_S = 60.0


class NoFaultError(RuntimeError):
    """What was to break did not, or was not seen to: nothing was proved."""


async def storm(world: World, seconds: float) -> Notes:
    """kill -9, drawn by lot: a service, the broker that leads, PostgreSQL whole or a backend."""
    watch, gap = Watch(), 4.0 if seconds >= 120 else 2.0
    # All of them once in any order, then by lot: a short storm leaves nobody out.
    turns = [*world.stack.services, "broker", "postmaster", "backend"]
    world.rng.shuffle(turns)
    while watch.seconds < seconds:
        victim = turns.pop() if turns else _victim(world)
        if killed := await _kill(world, victim):
            world.kills[killed] += 1
        await asyncio.sleep(world.rng.uniform(0.5, 1.5) * gap)
    return {"kills": sum(world.kills.values())}


def _victim(world: World) -> str:
    """Services most often; PostgreSQL least, as everything stops with it for seconds."""
    kinds = ["service"] * 12 + ["broker"] * 3 + ["backend"] * 2 + ["postmaster"]
    kind = world.rng.choice(kinds)
    return world.rng.choice(world.stack.services) if kind == "service" else kind


async def _kill(world: World, victim: str) -> str:
    if victim == "broker":
        return await world.stack.brokers.kill(world.rng)
    if victim == "backend":
        return await _kill_backend(world)
    name = "postgres" if victim == "postmaster" else victim
    return victim if world.stack.signal(name, signal.SIGKILL) else ""


async def _kill_backend(world: World) -> str:
    """One backend, which makes PostgreSQL drop every connection and recover."""
    connection = await world.stack.connect()
    try:
        pids = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'tierline'"
        )
    finally:
        connection.terminate()
    if not pids:
        return ""
    try:
        os.kill(world.rng.choice(pids)["pid"], signal.SIGKILL)
    except ProcessLookupError:
        return ""
    return "backend"


async def links(world: World, seconds: float) -> Notes:
    """Every line to every target in turn cut, a black hole, slow, half open; then mended."""
    found = world.stack.links
    assert found is not None, "this scenario needs proxies"
    targets = ["postgres", "receiver", *world.stack.brokers.lines]
    faults = list(Fault)
    step_s = seconds / len(faults)
    laid: list[str] = []
    for step in range(len(faults)):
        for place, target in enumerate(targets):
            fault = faults[(step + place) % len(faults)]
            owners = sorted(found.owners(target) & set(world.stack.services))
            chosen = world.rng.sample(owners, (len(owners) + 1) // 2)
            for owner in chosen:
                found.lay(target, owner, fault)
            laid.append(f"{target} {fault}: {', '.join(chosen)}")
        await asyncio.sleep(step_s * 2 / 3)
        found.mend()
        await asyncio.sleep(step_s / 3)
    return {"faults": laid}


async def paused(world: World, seconds: float) -> Notes:
    """A triager and a notifier stopped beyond their session, then continued: zombies.

    Stopped, each is put out of its group; continued, it finds that out and joins anew, as a member
    with another id.
    """
    still_s = SESSION_S + 3 if seconds < LEASE_S else LEASE_S + 15
    groups = world.stack.groups()
    try:
        before = {name: await _full_group(groups, group) for name, group in PAUSED.items()}
        stopped = [name for name in PAUSED if world.stack.signal(name, signal.SIGSTOP)]
        try:
            await asyncio.sleep(still_s)
            for name in stopped:
                await _put_out(groups, PAUSED[name], before[name])
        finally:
            for name in stopped:
                world.stack.signal(name, signal.SIGCONT)
        watch = Watch()
        back = {name: await _back(groups, PAUSED[name], before[name], watch) for name in stopped}
    finally:
        await groups.close()
    return {"stopped": stopped, "for_s": still_s, "in their groups again after s": back}


async def _full_group(groups: Groups, group: str) -> frozenset[str]:
    """Its members, once each replica is one and none that is gone."""

    def full(found: Members) -> bool:
        return found.settled and len(found.ids) == REPLICAS

    return (await wait_for_members(groups, group, full, JOINED_S, f"{REPLICAS} members")).ids


async def _put_out(groups: Groups, group: str, before: frozenset[str]) -> None:
    """Wait until the broker has put out a member, and gives its partitions to the others."""

    def out(found: Members) -> bool:
        return not before <= found.ids

    await wait_for_members(groups, group, out, PUT_OUT_S, "no member that is stopped")


async def _back(groups: Groups, group: str, before: frozenset[str], watch: Watch) -> float:
    """Wait until the group is whole again, with a new member; returns after how long."""

    def back(found: Members) -> bool:
        return found.settled and len(found.ids) == REPLICAS and not found.ids <= before

    await wait_for_members(groups, group, back, READY_S, "the one that went on")
    return watch.seconds


async def wait_for_members(
    groups: Groups, group: str, wanted: Callable[[Members], bool], bound_s: float, what: str
) -> Members:
    """Who is in `group` once that is as `wanted`."""
    watch, said = Watch(), ""
    while watch.seconds < bound_s:
        try:
            found = await groups.members(group)
        except LagUnknownError as error:
            said = str(error)
        else:
            if wanted(found):
                return found
            said = f"{found}"
        await asyncio.sleep(POLL_S)
    raise NoFaultError(f"group {group} should have {what}: {said} after {bound_s:g} s")


async def full(world: World, seconds: float) -> Notes:
    """PostgreSQL's disk is full until alerts are refused, and for a while; then it is free."""
    place = disk.small_disk()
    assert place is not None, "this scenario needs a small file system"
    await asyncio.sleep(WARM_S)
    before = world.alerts.refused["503"]
    watch, refusing_after = Watch(), 0.0
    try:
        while watch.seconds < max(seconds, 1) or not refusing_after:
            await asyncio.to_thread(disk.fill, place)
            if not refusing_after and world.alerts.refused["503"] > before:
                refusing_after = watch.seconds
            if watch.seconds > REFUSES_S:
                break
            await asyncio.sleep(POLL_S)
    finally:
        disk.free(place)
    return {
        "refused_after_s": refusing_after,
        "answers_503": world.alerts.refused["503"] - before,
        "full_for_s": watch.seconds,
    }


async def skewed(world: World, seconds: float) -> Notes:
    """Replicas of the timer, triage and the notifier 5 minutes ahead, then behind, then right."""
    if skew.library() is None:
        raise FileNotFoundError("libfaketime is not installed (Debian: libfaketime)")
    seen: dict[str, list[str]] = {}
    for off_s in (OFF_S, -OFF_S):
        await _restart(world, skew.wrong_clock(off_s))
        pids = world.stack.service_pids()
        seen[f"{off_s:+d} s"] = [
            name for name in SKEWED if name in pids and skew.is_wrong(pids[name])
        ]
        await asyncio.sleep(seconds / 2)
    await _restart(world, skew.TRUE_CLOCK)
    return {"wrong": seen}


async def _restart(world: World, variables: Mapping[str, str]) -> None:
    await asyncio.gather(*(world.stack.restart(name, **variables) for name in SKEWED))
    async with asyncio.timeout(READY_S):
        for name in SKEWED:
            ready = http_probe(f"http://127.0.0.1:{world.stack.ports[name]}/readyz")
            while await ready() is not None:
                await asyncio.sleep(POLL_S)


async def poison(world: World, seconds: float) -> Notes:
    """Poison in every topic and in the outbox."""
    await asyncio.sleep(seconds / 2)
    sent = await send_poison(world)
    rows = await poison_outbox(world)
    await asyncio.sleep(seconds / 2)
    return {"messages": sent, "outbox rows": rows}


Scenario = Callable[[World, float], Awaitable[Notes]]

SCENARIOS: dict[str, Scenario] = {
    "storm": storm,
    "links": links,
    "paused": paused,
    "disk": full,
    "skew": skewed,
    "poison": poison,
}


def why_not(name: str) -> str:
    """Why a scenario cannot be run here; empty: it can."""
    if name == "disk" and disk.small_disk() is None:
        return "no small file system could be mounted"
    if name == "skew" and skew.library() is None:
        return "libfaketime is not installed (Debian: libfaketime)"
    if name == "paused" and not Path("/proc/self/stat").exists():
        return "this is not Linux"
    return ""
