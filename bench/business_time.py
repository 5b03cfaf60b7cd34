"""Microseconds of `add`, the sum every due instant comes from.

Warm: the calendar's open hours are compiled. Cold: a calendar not seen before is read, checked,
compiled and asked once.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.core import best_us
from bench.rows import Row, Say
from bench.scale import Scale
from tierline.domain.business_time import Interval, add, ledger, open_between
from tierline.domain.calendar import Calendar
from tierline.domain.open_hours import open_hours

WEEK = {day: ["08:00-12:00", "13:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
HOLIDAYS = [date(year, 12, day) for year in range(2024, 2034) for day in (24, 25, 26, 31)]
START = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOLDS = [Interval(START + n * HOUR, START + n * HOUR + HOUR / 2) for n in range(0, 60, 12)]
WARM_US = 20.0
COLD_CALLS = 50


async def measure(scale: Scale, say: Say) -> list[Row]:
    """Warm calls against their target, cold ones beside them."""
    office = Calendar.build("America/New_York", WEEK, HOLIDAYS)
    always = Calendar.always()
    month, year = START + 720 * HOUR, 2000 * HOUR
    warm: dict[str, Callable[[], Any]] = {
        "add, warm: 8 h, two windows a day": lambda: add(office, START, 8 * HOUR),
        "add, warm: 8 h, five holds": lambda: add(office, START, 8 * HOUR, HOLDS),
        "add, warm: 2,000 h, most of a year": lambda: add(office, START, year),
        "add, warm: 8 h round the clock": lambda: add(always, START, 8 * HOUR),
        "open_between, warm: one month": lambda: open_between(office, START, month),
        "ledger, warm: 8 h, five holds": lambda: ledger(office, START, 8 * HOUR, HOLDS),
    }
    say(f"{scale.calls} calls a round")
    return [
        *(
            Row(
                name=name,
                measured=best_us(work, scale.calls),
                unit="us",
                target=WARM_US if name.startswith("add") else None,
            )
            for name, work in warm.items()
        ),
        Row(name="build, 40 holidays", measured=_best_once(_build), unit="us"),
        Row(name="add, cold: build, compile, add", measured=_best_once(_cold), unit="us"),
    ]


def _best_once(work: Callable[[], Any]) -> float:
    """Microseconds of CPU of the cheapest of COLD_CALLS calls."""
    found = []
    for _ in range(COLD_CALLS):
        open_hours.cache_clear()
        begin = time.process_time_ns()
        work()
        found.append((time.process_time_ns() - begin) / 1000)
    return min(found)


def _build() -> Calendar:
    return Calendar.build("America/New_York", WEEK, HOLIDAYS)


def _cold() -> datetime:
    return add(_build(), START, 8 * HOUR)
