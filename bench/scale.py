"""How much each part of the bench does: in full, and small (`--smoke`), to see that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Sizes of the parts. Seconds are real.

    Attributes:
        accept_s: the burst of alerts one by one; the two other loads take a third of it.
        told: alerts sent one after the other to an idle stack.
        told_gap_s: the longest pause between two of them.
        burst: alerts of a burst.
        backlog: alerts that wait at once, in arrays of 100.
        open_tickets: open tickets that stand by while time passes.
        due_per_s: tickets that fall due each second, for due_s seconds.
        due_s: see there.
        due_at_once: tickets that fall due at one instant.
        crowd: open tickets of a full house, against an empty one.
        crowd_s: seconds of alerts one by one, empty and full.
        killed: alerts during which each part is killed.
        command_open: open tickets around the commands.
        commands: commands given.
        calls: calls in a round of the core's timings.
        due_lines: lines sent to `tierline due --jsonl`.
        growth: stored events of each step of `growth`.
        scaling: alerts for each number of replicas.
        growth_open: open tickets in each step of `growth`.
        soak_minutes: how long the soak takes.
        soak_per_s: alerts a second during the soak.
        soak_every_s: seconds between two samples of memory.
    """

    accept_s: float = 30.0
    told: int = 300
    told_gap_s: float = 0.15
    burst: int = 5_000
    backlog: int = 20_000
    open_tickets: int = 1_000_000
    due_per_s: int = 500
    due_s: int = 20
    due_at_once: int = 10_000
    crowd: int = 50_000
    crowd_s: float = 8.0
    killed: int = 2_000
    command_open: int = 100_000
    commands: int = 3_000
    calls: int = 1_000
    due_lines: int = 50_000
    growth: tuple[int, ...] = (10_000, 1_000_000, 10_000_000)
    growth_open: int = 10_000
    scaling: int = 20_000
    soak_minutes: float = 20.0
    soak_per_s: int = 30
    soak_every_s: float = 10.0


FULL = Scale()
SMOKE = Scale(
    accept_s=1.0,
    told=10,
    told_gap_s=0.05,
    burst=200,
    backlog=500,
    open_tickets=2_000,
    due_per_s=50,
    due_s=2,
    due_at_once=200,
    crowd=1_000,
    crowd_s=0.5,
    killed=150,
    command_open=500,
    commands=60,
    calls=20,
    due_lines=1_000,
    growth=(1_000, 3_000),
    growth_open=200,
    scaling=500,
    soak_minutes=0.2,
    soak_per_s=20,
    soak_every_s=1.0,
)
