"""What a run says at its end: a table for people, JSON for machines."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from tests.faults.promises import Broken
from tests.faults.stories import Fired
from tests.faults.world import World, share


@dataclass(slots=True)
class Part:
    """One scenario and what was found after it. Seconds are real; lateness is policy seconds.

    Attributes:
        lag_s: how long after the fault each consumer group had committed everything.
        lag_most: the most messages it was seen behind after the fault.
        leased: messages left to the leases of dead senders.
        due: thresholds that came due during the fault, by clock.
        late_s: how late those were recorded.
    """

    name: str
    broker: str = ""
    seconds: float = 0.0
    skipped: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    alerts: int = 0
    commands: int = 0
    drained_s: float = 0.0
    waited_s: dict[str, float] = field(default_factory=dict)
    lag_s: dict[str, float] = field(default_factory=dict)
    lag_most: dict[str, int] = field(default_factory=dict)
    leased: int = 0
    judged_s: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    due: dict[str, int] = field(default_factory=dict)
    late_s: dict[str, float] = field(default_factory=dict)
    speed: float = 1.0
    deaths: int = 0
    broken: list[Broken] = field(default_factory=list)

    def take(self, fired: Iterable[Fired], began: datetime, ended: datetime) -> None:
        """Add the thresholds that came due between two instants of policy time."""
        meanwhile = [one for one in fired if began <= one.due <= ended]
        self.due = dict(Counter(one.clock for one in meanwhile).most_common())
        self.late_s = spread([one.late_s for one in meanwhile])


@dataclass(slots=True)
class Report:
    """A whole run."""

    seed: int
    rate: float
    parts: list[Part] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    refused_alerts: dict[str, int] = field(default_factory=dict)
    refused_commands: dict[str, int] = field(default_factory=dict)
    tries: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    races: int = 0
    worst_backlog: int = 0
    memory_mb: dict[str, tuple[float, float]] = field(default_factory=dict)
    seconds: float = 0.0

    def take(self, world: World) -> None:
        """Add what the clients of a stack remember."""
        for mine, theirs in (
            (self.kills, world.kills),
            (self.refused_alerts, world.alerts.refused),
            (self.refused_commands, world.commands.refused),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        for one in world.commands.asked.values():
            name = f"{one.verb} {one.status}"
            self.asked[name] = self.asked.get(name, 0) + 1
        self.tries += world.alerts.tries
        self.races += len(world.commands.races)
        self.worst_backlog = max(self.worst_backlog, world.alerts.worst_backlog)
        for name, (most, last) in world.memory.items():
            before = self.memory_mb.get(name, (0.0, 0.0))[0]
            self.memory_mb[name] = (round(max(most, before)), round(last))

    @property
    def broken(self) -> list[tuple[str, Broken]]:
        """Every broken promise with the scenario after which it was seen."""
        return [(part.name, one) for part in self.parts for one in part.broken]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def spread(late_s: Sequence[float]) -> dict[str, float]:
    """p50, p99 and the most of a sample; empty of an empty one."""
    if len(late_s) < 2:
        return {}
    cuts = statistics.quantiles(late_s, n=100, method="inclusive")
    found = {"p50": cuts[49], "p99": cuts[98], "max": max(late_s)}
    return {name: round(value, 3) for name, value in found.items()}


def table(report: Report) -> str:
    """The report in words."""
    lines = [
        f"seed {report.seed}, {report.rate:g} alerts/s, {report.seconds:.0f} s in all",
        f"killed                {share(report.kills)}",
        f"alerts tried          {report.tries}; worst backlog {report.worst_backlog}",
        f"  refused, broken off {share(report.refused_alerts)}",
        f"commands              {share(report.asked)}",
        f"  refused, broken off {share(report.refused_commands)}; races {report.races}",
        "memory, MB (most/last) "
        + ", ".join(f"{n} {a:g}/{b:g}" for n, (a, b) in sorted(report.memory_mb.items())),
    ]
    for part in report.parts:
        lines += ["", *_part(part)]
    lines.append("")
    for name, one in report.broken:
        lines.append(f"BROKEN after {name}: {one}")
    if not report.broken:
        lines.append("every promise held")
    return "\n".join(lines)


def _part(part: Part) -> list[str]:
    if part.skipped:
        return [f"{part.name}: not run: {part.skipped}"]
    late = part.late_s
    real = {name: value / part.speed for name, value in late.items()}
    lag = {group: f"{part.lag_s.get(group, 'never')} ({n})" for group, n in part.lag_most.items()}
    return [
        f"{part.name} ({part.broker}): {part.seconds:g} s",
        f"  {part.alerts} alerts accepted, {part.commands} commands asked",
        f"  drained {part.drained_s:g} s after, judged in {part.judged_s:g} s",
        f"  messages left to the leases of dead senders: {part.leased}",
        f"  waited: {share(part.waited_s)}",
        "  lag 0 after s (most behind): "
        + ", ".join(f"{name} {said}" for name, said in lag.items()),
        f"  {', '.join(f'{what} {count}' for what, count in part.counts.items())}",
        f"  thresholds due meanwhile: {share(part.due)}; late by (real seconds): "
        + (", ".join(f"{name} {value:.3f}" for name, value in real.items()) or "none fired"),
        f"  ended by themselves or killed: {part.deaths}; {part.notes}",
    ]
