"""Time `add`, the sum every due instant comes from. Run: python bench/business_time.py

Prints microseconds a call: warm (the calendar's open hours are compiled) and cold (a calendar not
seen before: read, checked, compiled and asked once), and the facts of the machine. The bar is 20 us
warm. Nothing is asserted.
"""

import os
import platform
import statistics
import sys
import time
from datetime import UTC, date, datetime, timedelta

from tierline.domain.business_time import Interval, add, ledger, open_between
from tierline.domain.calendar import Calendar
from tierline.domain.open_hours import open_hours

WEEK = {day: ["08:00-12:00", "13:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
HOLIDAYS = [date(year, 12, day) for year in range(2024, 2034) for day in (24, 25, 26, 31)]
START = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOLDS = [Interval(START + n * HOUR, START + n * HOUR + HOUR / 2) for n in range(0, 60, 12)]
WARM_CALLS = 5_000
ROUNDS = 7
COLD_CALLS = 50


def warm(work):
    """Best and median microseconds a call over the rounds, after one call to warm up."""
    work()
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter_ns()
        for _ in range(WARM_CALLS):
            work()
        rounds.append((time.perf_counter_ns() - begin) / WARM_CALLS / 1000)
    return min(rounds), statistics.median(rounds)


def built():
    """Best and median microseconds to read and check a calendar."""
    calls = []
    for _ in range(COLD_CALLS):
        begin = time.perf_counter_ns()
        Calendar.build("America/New_York", WEEK, HOLIDAYS)
        calls.append((time.perf_counter_ns() - begin) / 1000)
    return min(calls), statistics.median(calls)


def cold():
    """Best and median microseconds to read, check and compile a calendar, and add once."""
    calls = []
    for _ in range(COLD_CALLS):
        open_hours.cache_clear()
        begin = time.perf_counter_ns()
        add(Calendar.build("America/New_York", WEEK, HOLIDAYS), START, 8 * HOUR)
        calls.append((time.perf_counter_ns() - begin) / 1000)
    return min(calls), statistics.median(calls)


def main():
    office = Calendar.build("America/New_York", WEEK, HOLIDAYS)
    always = Calendar.always()
    rows = {
        "add, warm: 8 h, two windows a day": lambda: add(office, START, 8 * HOUR),
        "add, warm: 8 h, five holds": lambda: add(office, START, 8 * HOUR, HOLDS),
        "add, warm: 2,000 h, most of a year": lambda: add(office, START, 2000 * HOUR),
        "add, warm: 8 h round the clock": lambda: add(always, START, 8 * HOUR),
        "open_between, warm: one month": lambda: open_between(office, START, START + 720 * HOUR),
        "ledger, warm: 8 h, five holds": lambda: ledger(office, START, 8 * HOUR, HOLDS),
    }
    print(f"python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores,")
    print(f"{sys.implementation.name}, load {os.getloadavg()[0]:.1f}; microseconds a call")
    print(f"{'':40}{'best':>10}{'median':>10}")
    for name, work in rows.items():
        best, median = warm(work)
        print(f"{name:40}{best:10.2f}{median:10.2f}")
    for name, timed in {
        "build, 40 holidays": built,
        "add, cold: build, compile, add": cold,
    }.items():
        best, median = timed()
        print(f"{name:40}{best:10.0f}{median:10.0f}")


if __name__ == "__main__":
    main()
