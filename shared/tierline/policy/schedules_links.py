"""Do the names of schedules lead to people, those of groups to schedules; is anybody missing?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tierline.domain.instants import LAST_INSTANT, from_us
from tierline.domain.policy import Policy
from tierline.domain.rota import Gap, Rotation, Schedule, gaps
from tierline.policy.codes import Code
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.schedules_read import WRITTEN_EVERYBODY

LOOKED_AHEAD = timedelta(days=90)
"""How far ahead gaps are warned of."""


def check_schedule_links(records: Mapping[str, Any], problems: Problems) -> None:
    """Note people and schedules that no record knows.

    Args:
        records: what the grammar of records accepted.
        problems: where findings are collected.
    """
    people, schedules = records.get("people", {}), records.get("schedules", {})
    for name, it in schedules.items():
        at: Where = ("schedules", name)
        _people(it, at, people, problems)
        for i, layer in enumerate(it.get("layers", ())):
            _people(layer, (*at, "layers", i), people, problems)
    for i, it in enumerate(records.get("overrides", ())):
        here: Where = ("overrides", i)
        _known(it["schedule"], schedules, (*here, "schedule"), "schedule", problems)
        if "person" in it:
            _known(it["person"], people, (*here, "person"), "person", problems)
        if it.get("instead_of", WRITTEN_EVERYBODY) != WRITTEN_EVERYBODY:
            _known(it["instead_of"], people, (*here, "instead_of"), "person", problems)


def compare_schedules_with_policy(
    schedules: Sequence[Schedule], policy: Policy, problems: Problems
) -> None:
    """Warn of groups whose `on_call` names no schedule.

    Args:
        schedules: of the records.
        policy: the compiled policy.
        problems: those of the policy's files; only warnings are added.
    """
    known = [schedule.name for schedule in schedules]
    for name, group in policy.groups.items():
        if group.on_call and group.on_call not in known:
            message = f"no schedule is called `{group.on_call}`"
            remedy = did_you_mean(group.on_call, known) if known else "add it to the records"
            at: Where = ("groups", name, "on_call")
            problems.warn(at, message, remedy, code=Code.SCHEDULE_UNKNOWN)


def warn_of_gaps(schedules: Iterable[Schedule], now: datetime, problems: Problems) -> None:
    """Warn of each schedule that has somebody missing in the next 90 days, once it has begun.

    Args:
        schedules: of the records.
        now: where the look begins (UTC).
        problems: those of the records; only warnings are added.
    """
    for schedule in schedules:
        start = max([now, *(_beginning(schedule))])
        end = min(now + LOOKED_AHEAD, LAST_INSTANT)
        found = gaps(schedule, start, end) if start < end else []
        if found:
            message = _in_words(found, ZoneInfo(schedule.zone))
            remedy = "add a layer or an override, if somebody should be"
            at: Where = ("schedules", schedule.name)
            problems.warn(at, message, remedy, code=Code.SCHEDULE_GAP, at_key=True)


def _beginning(schedule: Schedule) -> list[datetime]:
    """When its first rotation begins; nothing where a layer lists its shifts."""
    begins = [layer.source.begin for layer in schedule.layers if isinstance(layer.source, Rotation)]
    return [from_us(min(begins))] if len(begins) == len(schedule.layers) else []


def _in_words(found: Sequence[Gap], zone: ZoneInfo) -> str:
    first = found[0]
    start, end = (edge.astimezone(zone) for edge in (first.start, first.end))
    more = f", and {len(found) - 1} times more" if len(found) > 1 else ""
    return (
        f"nobody is on call from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
        f" ({first.why}){more} in the next {LOOKED_AHEAD.days} days"
    )


def _people(it: Mapping[str, Any], at: Where, people: Iterable[str], problems: Problems) -> None:
    for i, person in enumerate(it.get("people", ())):
        _known(person, people, (*at, "people", i), "person", problems)


def _known(name: str, known: Iterable[str], at: Where, what: str, problems: Problems) -> None:
    names = list(known)
    if name not in names:
        problems.error(at, f"no {what} is called `{name}`", did_you_mean(name, names))
