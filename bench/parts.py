"""Every part of the bench: its name, what it measures, and the function that does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench import (
    accept,
    backlog,
    burst,
    business_time,
    commands,
    core,
    crowd,
    due_lines,
    growth,
    kills,
    late,
    memory,
    scaling,
    soak,
    told,
)
from bench.rows import Row, Say
from bench.scale import Scale

Measure = Callable[[Scale, Say], Awaitable[list[Row]]]


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `long`: it is for `--long` only."""

    name: str
    measures: str
    measure: Measure
    long: bool = False


PARTS = (
    Part("business-time", "microseconds of adding business time", business_time.measure),
    Part("due-lines", "lines a second of `tierline due --jsonl`", due_lines.measure),
    Part("core", "microseconds of advance, decide and writing down", core.measure),
    Part("accept", "alerts accepted and durable, edge and database alone", accept.measure),
    Part("told", "alert to webhook received, idle", told.measure),
    Part("burst", "a burst until the last is told, CPU per alert", burst.measure),
    Part("backlog", "a backlog worked off", backlog.measure),
    Part("late", "how late the second step is, with a full house", late.measure),
    Part("crowd", "the rate with a full house against an empty one", crowd.measure),
    Part("commands", "ticket commands with many open", commands.measure),
    Part("kill-9", "every part killed in a burst: lost and untold", kills.measure),
    Part("memory", "memory of each service, idle and loaded", memory.measure),
    Part("growth", "the same work with 10,000 events stored, and 10,000,000", growth.measure, True),
    Part("scaling", "from one to two replicas of each service", scaling.measure, True),
    Part("soak", "memory over a long run, flat or growing", soak.measure, True),
)
