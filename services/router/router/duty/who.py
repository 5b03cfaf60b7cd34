"""Who is on for a client: every group that would serve it, in the order work reaches them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from router.duty.names import Roster
from router.duty.views import standing_view
from router.places import groups_for, sees_group
from tierline.domain.business_time import is_open, next_closing, next_opening
from tierline.domain.policy import Group, Policy
from tierline.domain.rota import Schedule
from tierline.domain.serving import Partners
from tierline.domain.terms import Priority
from tierline.web.principal import Principal

DUTY_MANAGER = "duty manager"
"""The schedule of whoever is asked last; without one, the person of the policy."""


def who_is_on(
    policy: Policy,
    schedules: Mapping[str, Schedule],
    roster: Roster,
    principal: Principal,
    *,
    at: datetime,
    client: str = "",
    agreement: str = "",
    group: str = "",
    partners: Partners | None = None,
) -> dict[str, Any]:
    """Say who answers at an instant.

    Args:
        policy: whose groups and paths hold.
        schedules: by name, with what changes them at and after `at`.
        roster: logins by name.
        principal: who asks; groups behind their wall are left out.
        at: the instant (UTC).
        client: whose tickets; empty for all groups.
        agreement: what that client bought.
        group: this group alone, if given.
        partners: whom they work on; None: all of them.
    """
    names = [group] if group else _serving(policy, client, agreement, partners or {})
    groups = [policy.groups[name] for name in names if sees_group(principal, policy.groups[name])]
    return {
        "at": at,
        "client": client,
        "cover": _cover(policy, client, agreement, at) if client else {},
        "groups": [_group(it, schedules, roster, at) for it in groups],
        "duty_manager": _duty_manager(policy, schedules, roster, at),
    }


def _serving(policy: Policy, client: str, agreement: str, partners: Partners) -> list[str]:
    """The groups in the order of the client's path, else of the tiers."""
    if not client:
        tiers = list(policy.tiers)
        known = set(policy.groups)
    else:
        path = policy.paths[policy.agreement_of(client, agreement).path]
        tiers = list(dict.fromkeys(step.tier for step in path.steps))
        known = set(groups_for(policy, client, partners))
    return [it.name for tier in tiers for it in policy.groups_of(tier) if it.name in known]


def _cover(policy: Policy, client: str, agreement: str, at: datetime) -> dict[str, Any]:
    """For each priority, whether the client's promises count at this instant."""
    sla = policy.slas[policy.agreement_of(client, agreement).sla]
    return {str(priority): is_open(sla.cover[priority], at) for priority in Priority}


def _group(
    group: Group, schedules: Mapping[str, Schedule], roster: Roster, at: datetime
) -> dict[str, Any]:
    staffed = is_open(group.hours, at)
    schedule = schedules.get(group.on_call)
    return {
        "name": group.name,
        "tier": group.tier,
        "staffed": staffed,
        "closes_at": next_closing(group.hours, at) if staffed else None,
        "opens_at": None if staffed else next_opening(group.hours, at),
        "lead": group.lead,
        "on_call": None if schedule is None else standing_view(schedule, at, roster),
        "words": _in_words(group, schedule, staffed=staffed),
    }


def _in_words(group: Group, schedule: Schedule | None, *, staffed: bool) -> str:
    there = "somebody is there" if staffed else "nobody is there"
    if schedule is not None:
        return f"{there}; on call by {schedule.name}"
    if group.on_call:
        return f"{there}; its schedule {group.on_call} is not in the records"
    return f"{there}; it has no schedule"


def _duty_manager(
    policy: Policy, schedules: Mapping[str, Schedule], roster: Roster, at: datetime
) -> dict[str, Any]:
    if DUTY_MANAGER in schedules:
        return standing_view(schedules[DUTY_MANAGER], at, roster)
    login = policy.people.get(DUTY_MANAGER, "")
    why = {"words": "the policy's duty manager"}
    people = [{"name": roster.name_of(login) or login, "login": login, "why": why}] if login else []
    nobody = "" if people else "the policy names no duty manager"
    return {"schedule": "", "people": people, "nobody": nobody, "until": None, "next": None}
