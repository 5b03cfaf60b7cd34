"""What holds for any schedule, looked for where the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.rota_oracle import moments, people_at, place_at
from tests.domain.test_business_time_properties import ZONES, changes
from tierline.domain.calendar import Calendar
from tierline.domain.rota import (
    EVERYBODY,
    Absence,
    Fixed,
    FixedShift,
    Layer,
    Override,
    Rotation,
    Schedule,
    Unit,
    WhenAway,
    gaps,
    next_handover,
    on_call,
    schedule_from_json,
    schedule_to_json,
    shifts,
)

PEOPLE = ("Tom", "Ines", "Joel", "Ana")
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
settings_here = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def clock_times():
    """Local times, half of them in the small hours in which clocks change."""
    minutes = st.one_of(st.integers(0, 16).map(lambda n: n * 15), st.integers(0, 1439))
    return minutes.map(lambda n: f"{n // 60:02}:{n % 60:02}")


@st.composite
def rotations(draw, near):
    """Some rotation that began up to 70 days before `near`."""
    unit = draw(st.sampled_from(Unit))
    starts = (near - draw(st.integers(0, 70)) * DAY).date()
    until = draw(st.none() | st.integers(1, 80).map(lambda n: starts + n * DAY))
    return Rotation(
        people=tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=5))),
        unit=unit,
        zone=draw(st.sampled_from(ZONES)),
        starts=starts,
        at=draw(clock_times()),
        every=draw(st.sampled_from((1, 1, 2, 3, 7, 12))),
        weekday=draw(st.none() | st.integers(0, 6)) if unit is Unit.WEEK else None,
        day=draw(st.none() | st.integers(1, 31)) if unit is Unit.MONTH else None,
        until=until,
    )


def instants(near):
    """Instants within three days of `near`: on the minute, mostly."""
    minutes = st.integers(-3 * 1440, 3 * 1440).map(lambda n: timedelta(minutes=n))
    return st.one_of(minutes, st.timedeltas(-3 * DAY, 3 * DAY)).map(lambda step: near + step)


def stretches(near):
    return st.lists(instants(near), min_size=2, max_size=2, unique=True).map(sorted)


@st.composite
def fixed(draw, near):
    listed = draw(st.lists(st.tuples(st.sampled_from(PEOPLE), stretches(near)), max_size=3))
    alone = draw(st.none() | stretches(near).map(tuple))
    return Fixed(tuple(FixedShift(person, *edges) for person, edges in listed), alone)


@st.composite
def layers(draw, near, name):
    source = draw(st.one_of(rotations(near), rotations(near), fixed(near)))
    hours = None
    if draw(st.booleans()):
        opens, closes = draw(clock_times()), draw(clock_times())
        week = {day: [f"{opens}-{closes}"] for day in draw(st.sets(DAYS, min_size=1))}
        hours = Calendar.build(draw(st.sampled_from(ZONES)), week)
    return Layer(name, source, hours)


DAYS = st.sampled_from(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))


@st.composite
def overrides(draw, near):
    found = []
    for i in range(draw(st.integers(0, 3))):
        start, end = draw(stretches(near))
        person = draw(st.sampled_from(("", *PEOPLE)))
        others = [name for name in ("", EVERYBODY, *PEOPLE) if name != person]
        replaces = draw(st.sampled_from(others))
        if person or replaces:
            found.append(Override(f"o{i}", start, end, person, replaces))
    return tuple(found)


@st.composite
def situations(draw):
    """(schedule, absences, an instant) near a change of the clocks in some zone."""
    near = draw(st.sampled_from(changes(draw(st.sampled_from(ZONES)))))
    count = draw(st.integers(1, 3))
    schedule = Schedule(
        name="rota",
        zone="UTC",
        layers=tuple(draw(layers(near, f"layer {i}")) for i in range(count)),
        overrides=draw(overrides(near)),
        when_away=draw(st.sampled_from(WhenAway)),
    )
    away = draw(st.lists(st.tuples(st.sampled_from(PEOPLE), stretches(near)), max_size=3))
    absences = [Absence(person, *edges) for person, edges in away]
    if draw(st.booleans()):
        absences.append(Absence(draw(st.sampled_from(PEOPLE)), draw(instants(near))))
    return schedule, tuple(absences), draw(instants(near))


@settings_here
@given(situations())
def test_on_call_is_what_a_walk_from_the_first_day_finds(situation):
    schedule, absences, at = situation
    found = on_call(schedule, at, absences)
    assert sorted(found.people) == people_at(schedule, at, absences)
    assert (found.nobody is None) == bool(found.people)


@settings_here
@given(situations(), st.timedeltas(TICK, 4 * DAY))
def test_shifts_and_gaps_are_on_call_at_every_edge_and_just_before_it(situation, length):
    """Nothing changes between edges, so looking on both sides of each looks everywhere."""
    schedule, absences, start = situation
    end = start + length
    listed, empty = shifts(schedule, start, end, absences), gaps(schedule, start, end, absences)
    edges = {edge for it in (*listed, *empty) for edge in (it.start, it.end)}
    looks = {start, end - TICK, start + length / 2, *edges, *(edge - TICK for edge in edges)}
    for at in sorted(look for look in looks if start <= look < end):
        there = sorted(it.person for it in listed if it.start <= at < it.end)
        assert there == people_at(schedule, at, absences), at
        assert any(it.start <= at < it.end for it in empty) == (not there), at


@settings_here
@given(situations(), st.timedeltas(TICK, 4 * DAY))
def test_shifts_and_gaps_fill_the_stretch_and_are_merged(situation, length):
    schedule, absences, start = situation
    end = start + length
    listed, empty = shifts(schedule, start, end, absences), gaps(schedule, start, end, absences)
    edges = sorted((it.start, it.end) for it in (*listed, *empty))
    reached = start
    for begin, until in edges:
        assert start <= begin < until <= end
        assert begin <= reached
        reached = max(reached, until)
    assert reached == end
    keys = [(it.person, it.why, it.end) for it in listed]
    assert not [it for it in listed if (it.person, it.why, it.start) in keys]
    assert not [it for it in empty if (it.why, it.start) in [(o.why, o.end) for o in empty]]


@settings_here
@given(situations())
def test_the_next_handover_is_the_first_change_of_people(situation):
    schedule, absences, at = situation
    found = next_handover(schedule, at, absences)
    end = at + 2 * DAY if found is None else min(found.at, at + 2 * DAY)
    now = people_at(schedule, at, absences)
    step = (end - at) / 12
    for n in range(12):
        assert people_at(schedule, at + n * step, absences) == now
    if found is not None:
        assert sorted(found.on_call.people) == people_at(schedule, found.at, absences) != now
        assert people_at(schedule, found.at - TICK, absences) == now
        assert set(found.leaving) == set(now) - set(found.on_call.people)


@settings_here
@given(situations())
def test_nobody_is_on_call_while_away(situation):
    schedule, absences, at = situation
    for shift in shifts(schedule, at, at + 3 * DAY, absences):
        for absence in absences:
            if absence.person == shift.person:
                ends = absence.end is not None and absence.end <= shift.start
                assert ends or shift.end <= absence.start


@settings_here
@given(situations())
def test_a_schedule_is_the_same_after_it_was_written_and_read(situation):
    schedule, absences, at = situation
    read = schedule_from_json("rota", schedule_to_json(schedule), schedule.overrides)
    assert schedule_to_json(read) == schedule_to_json(schedule)
    assert on_call(read, at, absences) == on_call(schedule, at, absences)


@settings_here
@given(st.data())
def test_any_rotation_hands_over_where_the_walk_does(data):
    near = data.draw(st.sampled_from(changes(data.draw(st.sampled_from(ZONES)))))
    rotation = data.draw(rotations(near))
    schedule = Schedule("rota", "UTC", (Layer("base", rotation),))
    edges = moments(rotation, near + 3 * DAY)[-5:]
    for at in [look for edge in edges for look in (edge - TICK, edge, edge + TICK)]:
        place = place_at(rotation, at)
        found = on_call(schedule, at).duties
        assert [duty.why.place for duty in found] == ([] if place is None else [place + 1]), at


def test_every_zone_that_changes_its_clocks_hands_over_a_daily_duty_at_the_same_wall_time():
    for zone in ZONES:
        tz = ZoneInfo(zone)
        for change in changes(zone)[:2]:
            starts = (change - 3 * DAY).date()
            rotation = Rotation(("Tom", "Ines"), Unit.DAY, zone, starts, "09:00")
            schedule = Schedule("rota", zone, (Layer("base", rotation),))
            start = datetime.combine(starts, datetime.min.time(), UTC) + 2 * DAY
            for shift in shifts(schedule, start, start + 4 * DAY)[1:]:
                assert f"{shift.start.astimezone(tz):%H:%M}" == "09:00", zone
