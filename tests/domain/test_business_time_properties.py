"""What holds for any calendar, start, target and holds, looked for where the clocks change."""

import pickle
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.domain.oracle import Oracle
from tierline.domain.business_time import (
    Interval,
    add,
    before,
    is_open,
    ledger,
    next_closing,
    next_opening,
    open_between,
)
from tierline.domain.calendar import WEEKDAYS, Calendar

FIRST_YEAR, LAST_YEAR = 2025, 2028
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
# Windows that begin, end, or lie inside every hour in which clocks are known to change.
NIGHT_WATCH = {
    day: ["00:00-00:45", "00:30-02:00", "02:30-03:00", "02:15-04:00", "22:00-00:15"]
    for day in WEEKDAYS
}
settings_here = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def changes(name):
    """The days (UTC, to the day) before which a zone's clocks change, in the years looked at."""
    zone, found = ZoneInfo(name), []
    day = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    offset = day.astimezone(zone).utcoffset()
    while day.year <= LAST_YEAR:
        day += DAY
        before, offset = offset, day.astimezone(zone).utcoffset()
        if offset != before:
            found.append(day)
    return found


NOT_NAMES = {"Factory", "localtime", "posixrules"}
ZONES = sorted(
    name
    for name in available_timezones() - NOT_NAMES
    if not name.startswith(("posix/", "right/")) and changes(name)
)


def windows():
    """Zero to three windows of a quarter of an hour or more, many of them in the small hours."""
    quarter = st.one_of(st.integers(0, 16), st.integers(0, 95)).map(lambda n: n * 15)
    start = st.one_of(quarter, st.integers(0, 1439))
    length = st.one_of(st.integers(1, 96).map(lambda n: n * 15), st.integers(15, 1440))
    return st.lists(st.builds(written, start, length), max_size=3)


def written(start, length):
    end = (start + length) % 1440
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


@st.composite
def situations(draw):
    """(calendar, its JSON, start, target, holds) near a change of the clocks in some zone."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(changes(zone)))
    week = draw(st.dictionaries(st.sampled_from(WEEKDAYS), windows(), min_size=1))
    assume(any(week.values()))
    near = draw(st.lists(st.tuples(st.integers(-3, 12), windows()), max_size=5, unique_by=first))
    holidays = [
        {"date": f"{change + n * DAY:%Y-%m-%d}", "hours": hours}
        if hours
        else f"{change + n * DAY:%Y-%m-%d}"
        for n, hours in near
    ]
    obj = {"timezone": zone, "hours": week, "holidays": holidays}
    start = change - draw(durations(4 * DAY))
    target = draw(durations(week_of(week) * 2))
    hold = st.builds(held, st.just(start), durations(6 * DAY), durations(3 * DAY))
    holds = draw(st.lists(hold, max_size=4))
    return Calendar.from_json(obj), obj, start, target, holds


def first(pair):
    return pair[0]


def held(start, after, length):
    begin = start - DAY + after
    return Interval(begin, begin + length)


def durations(longest):
    """From nothing to `longest`: whole minutes, whole hours, or any microsecond."""
    minutes = st.integers(0, longest // timedelta(minutes=1)).map(lambda n: timedelta(minutes=n))
    hours = st.integers(0, longest // timedelta(hours=1)).map(lambda n: timedelta(hours=n))
    return st.one_of(hours, minutes, st.timedeltas(timedelta(), longest))


def week_of(week):
    """The windows of a week laid end to end."""
    total = 0
    for text in (text for hours in week.values() for text in hours):
        start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
        total += end - start if end > start else end - start + 1440
    return timedelta(minutes=total)


def pairs(holds):
    return [(hold.start, hold.end) for hold in holds]


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_of_the_clocks_in_every_zone_agrees_with_the_slow_walk(zone):
    """A day and a half before each change, targets that end before, in and after it."""
    obj = {"timezone": zone, "hours": NIGHT_WATCH}
    calendar, oracle = Calendar.from_json(obj), Oracle(obj)
    for change in changes(zone):
        start = change - 1.5 * DAY
        for minutes in (1, 225, 400, 700):
            target = timedelta(minutes=minutes)
            assert add(calendar, start, target) == oracle.boundary_walk(start, target, []), change


def test_the_zones_looked_at_are_all_that_change_their_clocks():
    """A guard on the list itself: summer time, half hours, two hours, Ramadan and the south."""
    known = {"Europe/Dublin", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca"}
    assert known <= set(ZONES)
    assert len(ZONES) > 150


@settings_here
@given(situations())
def test_the_instant_before_a_target_is_the_latest_open_one_that_leaves_time_for_it(situation):
    calendar, _, end, target, _ = situation
    assume(target > timedelta())
    begin = before(calendar, end, target)
    assert begin < end
    assert is_open(calendar, begin)
    assert open_between(calendar, begin, end) == target
    assert add(calendar, begin, target) <= end


@settings_here
@given(situations())
def test_due_agrees_with_the_slow_walk(situation):
    calendar, obj, start, target, holds = situation
    assert add(calendar, start, target, holds) == Oracle(obj).boundary_walk(
        start, target, pairs(holds)
    )


@settings_here
@given(situations(), durations(4 * DAY))
def test_open_hold_agrees_with_the_slow_walk(situation, after):
    calendar, obj, start, target, holds = situation
    holds = [*holds, Interval(start + after)]
    assert add(calendar, start, target, holds) == Oracle(obj).boundary_walk(
        start, target, pairs(holds)
    )


@settings_here
@given(situations())
def test_what_lies_before_the_due_instant_is_the_target_and_no_sooner(situation):
    calendar, _, start, target, holds = situation
    due = add(calendar, start, target, holds)
    assert open_between(calendar, start, due, holds) == target
    if target:
        assert open_between(calendar, start, due - MICROSECOND, holds) == target - MICROSECOND


@settings_here
@given(situations(), durations(9 * DAY))
def test_open_time_agrees_with_the_slow_walk_and_adds_up(situation, length):
    calendar, obj, start, _, holds = situation
    end = start + length
    found = open_between(calendar, start, end, holds)
    assert found == Oracle(obj).open_between(start, end, pairs(holds))
    for cut in (start + length / 3, start + length / 2):
        parts = open_between(calendar, start, cut, holds), open_between(calendar, cut, end, holds)
        assert sum(parts, timedelta()) == found


@settings_here
@given(situations(), durations(2 * DAY))
def test_targets_add_up_and_a_longer_one_is_due_later(situation, more):
    calendar, _, start, target, holds = situation
    due = add(calendar, start, target, holds)
    both = add(calendar, start, target + more, holds)
    assert add(calendar, due, more, holds) == both
    assert (both > due) if more else (both == due)


@settings_here
@given(situations(), st.randoms(use_true_random=False))
def test_holds_count_as_their_union(situation, random):
    calendar, _, start, target, holds = situation
    due = add(calendar, start, target, holds)
    halves = [
        half
        for hold in holds
        for middle in [hold.start + (hold.end - hold.start) / 2]
        for half in (Interval(hold.start, middle), Interval(middle, hold.end))
    ]
    shuffled = random.sample([*holds, *halves], len(holds) + len(halves))
    assert add(calendar, start, target, shuffled) == due


@settings_here
@given(situations())
def test_ledger_is_contiguous_sums_to_the_target_and_shows_what_holds_took(situation):
    calendar, obj, start, target, holds = situation
    due = add(calendar, start, target, holds)
    found = ledger(calendar, start, target, holds)
    assert bool(found) == bool(target)
    if not found:
        return
    assert (found[0].start, found[-1].end) == (start, due)
    assert all(segment.start < segment.end for segment in found)
    for earlier, later in pairwise(found):
        assert earlier.end == later.start
        assert (earlier.kind, earlier.reason) != (later.kind, later.reason)
    length = {kind: timedelta() for kind in ("counted", "held", "closed", "holiday")}
    for segment in found:
        length[segment.kind] += segment.end - segment.start
    assert length["counted"] == target == sum((s.counted for s in found), timedelta())
    assert length["held"] == open_between(calendar, start, due) - target
    plain = Calendar.build(obj["timezone"], obj["hours"])
    if not any("hours" in entry for entry in obj["holidays"] if isinstance(entry, dict)):
        assert length["holiday"] == open_between(plain, start, due) - open_between(
            calendar, start, due
        )


@settings_here
@given(situations())
def test_opening_and_closing_are_where_openness_changes(situation):
    calendar, obj, start, _, _ = situation
    oracle = Oracle(obj)
    assert is_open(calendar, start) == oracle.is_open(start)
    opening, closing = next_opening(calendar, start), next_closing(calendar, start)
    assert is_open(calendar, opening)
    assert (opening == start) == is_open(calendar, start)
    assert open_between(calendar, start, opening) == timedelta()
    if closing is None:
        assert open_between(calendar, opening, opening + 30 * DAY) == 30 * DAY
    else:
        assert closing > opening
        assert not is_open(calendar, closing)
        assert is_open(calendar, closing - MICROSECOND)
        assert open_between(calendar, start, closing) == closing - opening


@settings_here
@given(situations())
def test_calendar_survives_json_and_pickle_as_the_same_calendar(situation):
    calendar, obj, start, target, holds = situation
    reordered = {
        "holidays": obj["holidays"][::-1],
        "hours": {day: hours[::-1] for day, hours in reversed(obj["hours"].items())},
        "timezone": obj["timezone"],
    }
    for other in (
        Calendar.from_json(calendar.to_json()),
        Calendar.from_json(reordered),
        pickle.loads(pickle.dumps(calendar)),
    ):
        assert other == calendar
        assert (other.hash, hash(other)) == (calendar.hash, hash(calendar))
        assert other.to_json() == calendar.to_json()
        assert add(other, start, target, holds) == add(calendar, start, target, holds)
