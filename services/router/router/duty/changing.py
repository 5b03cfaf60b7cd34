"""Overrides made and taken back: who may, what is refused, and the two halves of a swap."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from router.duty.names import Roster
from router.duty.reading import read_one
from router.duty.requests import OverrideBody
from tierline.domain.instants import InstantError
from tierline.domain.rota import (
    EVERYBODY,
    Override,
    RotaError,
    Schedule,
    Stretch,
    conflict_in_words,
    conflicting,
    swap,
)
from tierline.domain.rota.limits import MAX_WINDOW
from tierline.store.schedules import add_overrides, end_override, lock_schedule, read_override
from tierline.store.schedules_read import Made
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

_FIELDS = {"from": "from_at", "until": "until_at", "second": "in_return", "first": "instead_of"}
"""How the core's names of what is wrong read in a body."""


async def make_overrides(
    connection: Connection,
    name: str,
    body: OverrideBody,
    principal: Principal,
    roster: Roster,
    now: datetime,
) -> list[Made]:
    """Write the override that `body` asks for, or both of a swap.

    Raises ProblemError: 404 no such schedule, 403 not theirs to change, 409 in the past or beside
    another override that it conflicts with, 422 what cannot be.
    """
    await lock_schedule(connection, name)
    start, end = max(body.from_at, now), body.until_at
    _refuse_past(end, now)
    # A swap's other half may lie anywhere; what could be in its way must have been read too.
    others = [edge for part in (body.in_return,) if part for edge in (part.from_at, part.until_at)]
    first, last = min([start, *others]), max([end, *others])
    schedule = await read_one(connection, name, first, last)
    try:
        wanted = _wanted(body, roster, start, now, schedule)
    except (RotaError, InstantError) as error:
        raise _refused(error) from None
    _check_allowed(body, wanted, principal, roster)
    for override in wanted:
        other = conflicting(override, schedule.overrides)
        if other is not None:
            raise _conflict(other)
    made = [Made(override, principal.login or principal.name, now) for override in wanted]
    await add_overrides(connection, name, made)
    return made


def _wanted(
    body: OverrideBody, roster: Roster, start: datetime, now: datetime, schedule: Schedule
) -> Sequence[Override]:
    person = roster.named("person", body.person) if body.person else ""
    everybody = body.instead_of.casefold() == "everybody"
    goes = roster.named("instead_of", body.instead_of) if body.instead_of and not everybody else ""
    replaces = EVERYBODY if everybody else goes
    if body.in_return is None:
        _refuse_longer(start, body.until_at)
        return (_override(start, body.until_at, person, replaces, body.reason),)
    if not person or not goes:
        raise RotaError("in_return", "a swap is between two people; give person and instead_of")
    given = body.in_return
    _refuse_past(given.until_at, now)
    return swap(
        schedule,
        Stretch(goes, start, body.until_at),
        Stretch(person, max(given.from_at, now), given.until_at),
        (_new_id(), _new_id()),
        body.reason,
        roster.absences,
    )


def _override(start: datetime, end: datetime, person: str, replaces: str, reason: str) -> Override:
    return Override(_new_id(), start, end, person, replaces, reason)


def _new_id() -> str:
    return f"o-{uuid.uuid4().hex[:12]}"


def _refuse_past(end: datetime, now: datetime) -> None:
    if end <= now:
        said = (
            f"it ended at {end.isoformat()}, and it is {now.isoformat()}: the past stays as it is"
        )
        raise ProblemError(409, "past", said)


def _refuse_longer(start: datetime, end: datetime) -> None:
    if end - start > MAX_WINDOW:
        days = MAX_WINDOW.days
        raise RotaError("until", f"an override of more than {days} days; change the schedule")


def _check_allowed(
    body: OverrideBody, wanted: Sequence[Override], principal: Principal, roster: Roster
) -> None:
    """A lead changes anything. Others give away what is theirs, or swap it."""
    if principal.asker.leads:
        return
    mine = roster.name_of(principal.login) if principal.login else ""
    gives = [override.replaces for override in wanted if override.person]
    if mine and mine in gives and (len(wanted) == 1 or body.in_return is not None):
        return
    raise ProblemError(
        403,
        "not_yours",
        "you may give away or swap your own shifts; anything else is a lead's to decide",
    )


def _refused(error: RotaError | InstantError) -> ProblemError:
    if isinstance(error, InstantError):
        return ProblemError(422, "invalid", f"from_at: {error}")
    if "is in the way" in error.message:
        return ProblemError(409, "override_conflict", error.message)
    field = _FIELDS.get(error.field, error.field)
    return ProblemError(422, "invalid", f"{field}: {error.message}")


def _conflict(other: Override) -> ProblemError:
    return ProblemError(409, "override_conflict", conflict_in_words(other), override=other.id)


async def take_back(
    connection: Connection, name: str, id_: str, principal: Principal, now: datetime
) -> None:
    """End an override: altogether, or from now on where it has begun.

    Raises ProblemError: 404 no such override, 403 somebody else's, 409 over already.
    """
    await lock_schedule(connection, name)
    made = await read_override(connection, name, id_)
    if made is None:
        remedy = f"GET /v1/schedules/{name} lists them"
        raise ProblemError(404, "no_such_override", f"there is no override {id_}; {remedy}")
    if not principal.asker.leads and (not principal.login or made.by != principal.login):
        said = "a lead takes back what somebody else made"
        raise ProblemError(403, "not_yours", said)
    _refuse_past(made.override.end, now)
    await end_override(connection, name, made, now)
