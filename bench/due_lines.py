"""Lines a second of `tierline due --jsonl`, as a process over pipes.

The mix: four calendars in turn, starts over a year, targets of up to four days, a pause in every
fourth question. Beside it how soon a program that asks one question has its answer.
"""

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.rows import Row, Say
from bench.scale import Scale

PROGRAM = [sys.executable, "-m", "tierline.cli.entry", "due", "--jsonl"]
LINES_PER_S = 2_000.0
FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)
WEEK = ("mon", "tue", "wed", "thu", "fri")


def _open(*windows: str, days: tuple[str, ...] = WEEK) -> dict[str, list[str]]:
    return {day: list(windows) for day in days}


CALENDARS: list[dict[str, Any]] = [
    {"timezone": "Europe/Berlin", "hours": _open("09:00-17:00")},
    {"timezone": "America/New_York", "hours": _open("08:00-12:00", "13:00-18:00")},
    {"timezone": "UTC", "hours": _open("00:00-24:00", days=(*WEEK, "sat", "sun"))},
    {
        "timezone": "Australia/Sydney",
        "hours": _open("22:00-06:00"),
        "holidays": ["2026-01-26", {"date": "2026-12-24", "hours": ["22:00-24:00"]}],
    },
]
STARTS = 3
"""Starts of the program; the quickest one counts."""


async def measure(scale: Scale, say: Say) -> list[Row]:
    """Lines a second and a second of CPU; the seconds from the start to the first answer."""
    lines = [_line(number) for number in range(scale.due_lines)]
    say(f"{len(lines)} lines, {len(b''.join(lines)) // 1_000_000} MB")
    first_s, first_cpu_s = min(_answered_s(lines[:1]) for _ in range(STARTS))
    whole_s, whole_cpu_s = _answered_s(lines)
    return [
        Row(
            name="lines answered, one process",
            measured=len(lines) / max(whole_s - first_s, 1e-9),
            unit="lines/s",
            target=LINES_PER_S,
            lower=False,
        ),
        Row(
            name="lines answered, for a second of CPU",
            measured=len(lines) / max(whole_cpu_s - first_cpu_s, 1e-9),
            unit="lines/s",
            target=LINES_PER_S,
            lower=False,
        ),
        Row(name="from the start to the one answer", measured=first_s, unit="s"),
    ]


def _line(number: int) -> bytes:
    start = FIRST + timedelta(minutes=(number * 7_919) % 525_600)
    asked: dict[str, Any] = {
        "id": number,
        "calendar": CALENDARS[number % len(CALENDARS)],
        "start": start.isoformat(),
        "target_minutes": (number * 31) % 5_760,
    }
    if number % 16 < 4:
        held = start + timedelta(hours=1)
        asked["pauses"] = [[held.isoformat(), (held + timedelta(hours=5)).isoformat()]]
    return json.dumps(asked).encode() + b"\n"


def _answered_s(lines: list[bytes]) -> tuple[float, float]:
    """Seconds of wall time and of CPU."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    began = time.perf_counter()
    done = subprocess.run(PROGRAM, input=b"".join(lines), capture_output=True, check=True)
    took = time.perf_counter() - began
    answers = done.stdout.count(b'"due":"')
    if answers != len(lines):
        raise RuntimeError(f"{answers} answers to {len(lines)} lines")
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
