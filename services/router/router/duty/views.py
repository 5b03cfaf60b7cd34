"""Schedules as the API shows them: plain objects, instants in UTC."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from router.duty.names import Roster
from tierline.domain.rota import (
    EVERYBODY,
    Duty,
    Gap,
    Handover,
    Layer,
    OnCall,
    Override,
    Rotation,
    Schedule,
    Shift,
    Why,
    next_handover,
    on_call,
    people_named,
)
from tierline.store.schedules_read import Made


def why_view(why: Why) -> dict[str, Any]:
    """Why somebody is on call: in one sentence, and taken apart."""
    return {
        "words": str(why),
        "layer": why.layer,
        "place": why.place,
        "places": why.places,
        "away": why.away,
        "override": why.override,
        "replaces": why.replaces,
        "reason": why.reason,
    }


def _duty(duty: Duty, roster: Roster) -> dict[str, Any]:
    login = roster.login_of(duty.person)
    return {"name": duty.person, "login": login, "why": why_view(duty.why)}


def on_call_view(now: OnCall, roster: Roster) -> dict[str, Any]:
    """Who is on call, or why nobody is."""
    people = [_duty(duty, roster) for duty in now.duties]
    return {"people": people, "nobody": str(now.nobody) if now.nobody else ""}


def standing_view(schedule: Schedule, at: datetime, roster: Roster) -> dict[str, Any]:
    """Who is on call at an instant, until when, and who comes after."""
    following = next_handover(schedule, at, roster.absences)
    return {
        "schedule": schedule.name,
        **on_call_view(on_call(schedule, at, roster.absences), roster),
        "until": following.at if following else None,
        "next": _next(following, roster),
    }


def _next(following: Handover | None, roster: Roster) -> dict[str, Any] | None:
    if following is None:
        return None
    return {"at": following.at, **on_call_view(following.on_call, roster)}


def shift_view(shift: Shift, roster: Roster) -> dict[str, Any]:
    """One shift."""
    return {
        "name": shift.person,
        "login": roster.login_of(shift.person),
        "from": shift.start,
        "until": shift.end,
        "why": why_view(shift.why),
    }


def gap_view(gap: Gap) -> dict[str, Any]:
    """One gap."""
    return {"from": gap.start, "until": gap.end, "why": str(gap.why)}


def override_view(made: Made) -> dict[str, Any]:
    """One override, by whom and when it was made."""
    it: Override = made.override
    return {
        "id": it.id,
        "from": it.start,
        "until": it.end,
        "person": it.person,
        "replaces": "everybody" if it.replaces == EVERYBODY else it.replaces,
        "reason": it.reason,
        "by": made.by,
        "made_at": made.made_at,
    }


def layer_view(layer: Layer) -> dict[str, Any]:
    """One layer, as far as people ask of it."""
    source = layer.source
    rotates = isinstance(source, Rotation)
    return {
        "name": layer.name,
        "people": list(source.people)
        if isinstance(source, Rotation)
        else list(dict.fromkeys(shift.person for shift in source.shifts)),
        "every": f"{source.every} {source.unit}" if isinstance(source, Rotation) else "",
        "kind": "rotation" if rotates else "listed",
        "limited": layer.hours is not None,
        "imported": layer.imported,
    }


def schedule_view(schedule: Schedule, groups: Iterable[str]) -> dict[str, Any]:
    """A schedule, what it is made of, and the groups it stands behind."""
    return {
        "name": schedule.name,
        "zone": schedule.zone,
        "people": list(people_named(schedule)),
        "when_away": str(schedule.when_away),
        "layers": [layer_view(layer) for layer in schedule.layers],
        "groups": list(groups),
    }
