"""A slow answer to "who is on call?": days walked one by one, everything looked at anew each time.

It shares no arithmetic with the product: local times are resolved by `instant_showing`, turns are
counted by walking the calendar from the first day, and a stretch is asked instant by instant.
"""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from tests.domain.oracle import Oracle, instant_showing
from tierline.domain.rota import EVERYBODY, Rotation, WhenAway

DAY = timedelta(days=1)


def moments(rotation, last):
    """The instants at which turns begin, from the first one, up to `last` and a little past it."""
    return _walked(rotation, last.date() + DAY)


@lru_cache(maxsize=1000)
def _walked(rotation, end):
    last = datetime.combine(end, time(), UTC)
    minute = timedelta(hours=int(rotation.at[:2]), minutes=int(rotation.at[3:]))
    found = [instant_showing(rotation.tz, datetime.combine(rotation.starts, time()) + minute)]
    if rotation.unit == "hour":
        while found[-1] <= last:
            found.append(found[-1] + rotation.every * timedelta(hours=1))
        return found
    day, units = rotation.starts, 0
    while not _is_hand_over(rotation, day):
        day -= DAY
    while found[-1] <= last:
        day += DAY
        if not _is_hand_over(rotation, day):
            continue
        units += 1
        if day > rotation.starts and units % rotation.every == 0:
            found.append(instant_showing(rotation.tz, datetime.combine(day, time()) + minute))
    return found


def _is_hand_over(rotation, day):
    if rotation.unit == "day":
        return True
    if rotation.unit == "week":
        weekday = rotation.starts.weekday() if rotation.weekday is None else rotation.weekday
        return day.weekday() == weekday
    wanted = rotation.day or rotation.starts.day
    is_last = (day + DAY).month != day.month
    return day.day == wanted or (is_last and day.day < wanted)


def place_at(rotation, at):
    """The place in the rotation whose turn it is, from 0; None outside it."""
    begun = [moment for moment in moments(rotation, at) if moment <= at]
    if not begun:
        return None
    if rotation.until is not None:
        minute = timedelta(hours=int(rotation.at[:2]), minutes=int(rotation.at[3:]))
        end = instant_showing(rotation.tz, datetime.combine(rotation.until, time()) + minute)
        if at >= end:
            return None
    return (len(begun) - 1) % len(rotation.people)


def people_at(schedule, at, absences):
    """The names of those on call, sorted."""
    away = {a.person for a in absences if a.start <= at and (a.end is None or at < a.end)}
    pairs = []  # who has it, and whose it is
    for layer in schedule.layers:
        if layer.hours is not None and not Oracle(layer.hours.to_json()).is_open(at):
            continue
        here = _on_layer(layer.source, at, away, schedule.when_away)
        if here is not None:
            pairs = here
    for it in schedule.overrides:
        if not it.start <= at < it.end:
            continue
        hit = [pair for pair in pairs if it.replaces and it.replaces in (EVERYBODY, *pair)]
        pairs = [pair for pair in pairs if pair not in hit]
        if it.person and (hit or it.replaces in ("", EVERYBODY)):
            pairs.append((it.person, it.person))
    return sorted({person for person, _ in pairs} - away)


def _on_layer(source, at, away, rule):
    if not isinstance(source, Rotation):
        here = [(s.person, s.person) for s in source.shifts if s.start <= at < s.end]
        alone = source.alone is not None and source.alone[0] <= at < source.alone[1]
        return here or ([] if alone else None)
    place = place_at(source, at)
    if place is None:
        return None
    due = source.people[place]
    if rule is WhenAway.GAP:
        return [(due, due)]
    order = source.people[place:] + source.people[:place]
    there = [person for person in order if person not in away]
    return [(there[0], due)] if there else [(due, due)]
