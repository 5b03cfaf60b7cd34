"""On-call schedules: their shifts and gaps, changes by hand, calendar files in and out."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from starlette.responses import Response

from router.caller import Caller, Reader, Writer
from router.context import Context, Here
from router.described import READING, WRITING, refusals
from router.duty.calendar_in import Taken, UnreadableCalendarError, read_ical
from router.duty.calendar_out import exported_stretch, to_ical
from router.duty.changing import make_overrides, take_back
from router.duty.limits import SHOWN_DAYS, UNMATCHED_SHOWN
from router.duty.names import Roster, read_roster
from router.duty.reading import check_seen, read_one, seen_schedules
from router.duty.requests import OverrideBody
from router.duty.views import (
    gap_view,
    override_view,
    schedule_view,
    shift_view,
    standing_view,
)
from router.requests import Instant
from router.responses.schedules import Imported, Overrides, Schedules, ScheduleShown
from router.routes.on_call import check_instant
from router.transactions import write
from tierline.domain.instants import LAST_INSTANT
from tierline.domain.rota import (
    Fixed,
    FixedShift,
    Layer,
    RotaError,
    Schedule,
    gaps,
    shifts,
)
from tierline.domain.rota.limits import HANDOVER_HORIZON
from tierline.store.on_call import read_absences
from tierline.store.schedules import lock_schedule, with_layer, write_schedule
from tierline.store.schedules_read import read_overrides, read_schedules
from tierline.store.tickets import Connection, policy_now
from tierline.web.bodies import Line
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer, Attempt, Given, once
from tierline.web.problems import ProblemError

router = APIRouter(tags=["on call"])

Name = Annotated[str, InPath(max_length=200, description="The schedule's name.")]
CALENDAR = "text/calendar"
_FEED: dict[int | str, dict[str, Any]] = {
    200: {"description": "An iCalendar file.", "content": {CALENDAR: {}}}
}


@router.get("/v1/schedules", response_model=Schedules, responses=refusals(*READING))
async def schedules(context: Here, principal: Reader) -> Response:
    """Every schedule, and who is on call by it now."""
    policy = context.source.current
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        names = seen_schedules(principal, policy)
        found = await read_schedules(connection, now, _ahead(now), names)
        roster = await read_roster(connection)
    return json_response({"items": [_row(context, it, now, roster) for it in found.values()]})


def _ahead(at: datetime) -> datetime:
    return min(at + HANDOVER_HORIZON, LAST_INSTANT)


def _row(context: Context, it: Schedule, now: datetime, roster: Roster) -> dict[str, Any]:
    groups = context.source.current.groups.values()
    behind = [group.name for group in groups if group.on_call == it.name]
    return {**schedule_view(it, behind), "now": standing_view(it, now, roster)}


@router.get(
    "/v1/schedules/{name}.ics",
    response_class=Response,
    responses={**_FEED, **refusals(404, *READING)},
)
async def feed(name: Name, context: Here, principal: Reader) -> Response:
    """The next 90 days as an iCalendar feed, one event a shift.

    A calendar program that sends no header may give an API token as `?token=`; make one for it
    that may only read.
    """
    check_seen(name, principal, context.source.current)
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        schedule = await read_one(connection, name, *exported_stretch(now))
        absences = await read_absences(connection, now)
    headers = {"Cache-Control": "no-store"}
    return Response(to_ical(schedule, now, absences), 200, headers, f"{CALENDAR}; charset=utf-8")


@router.get("/v1/schedules/{name}", response_model=ScheduleShown, responses=refusals(404, *READING))
async def schedule(
    name: Name,
    context: Here,
    principal: Reader,
    start: Annotated[Instant | None, Query(alias="from", description="Now, if left out.")] = None,
    end: Annotated[
        Instant | None, Query(alias="until", description="14 days later, if left out.")
    ] = None,
) -> Response:
    """A schedule: its shifts, gaps and overrides between two instants, at most 400 days apart."""
    check_seen(name, principal, context.source.current)
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        first = check_instant("from", start or now)
        last = check_instant("until", end or min(first + SHOWN_DAYS, LAST_INSTANT))
        read = await read_one(connection, name, min(first, now), max(last, _ahead(now)))
        made = await read_overrides(connection, name, first, last)
        roster = await read_roster(connection)
    try:
        listed = shifts(read, first, last, roster.absences)
        empty = gaps(read, first, last, roster.absences)
    except RotaError as error:
        raise ProblemError(422, "invalid", str(error)) from None
    return json_response(
        {
            **_row(context, read, now, roster),
            "from": first,
            "until": last,
            "shifts": [shift_view(it, roster) for it in listed],
            "gaps": [gap_view(it) for it in empty],
            "overrides": [override_view(it) for it in made],
        }
    )


@router.post(
    "/v1/schedules/{name}/overrides",
    status_code=201,
    response_model=Overrides,
    responses=refusals(404, *WRITING),
)
async def override(name: Name, body: OverrideBody, context: Here, caller: Writer) -> Response:
    """Change who is on call between two instants, or swap: both halves, or none."""
    check_seen(name, caller.principal, context.source.current)

    async def make(connection: Connection) -> Answer:
        roster, now = await read_roster(connection), await policy_now(connection)
        made = await make_overrides(connection, name, body, caller.principal, roster, now)
        return Answer.of(201, {"items": [override_view(it) for it in made]})

    async def work(connection: Connection) -> Given:
        return await once(connection, caller.attempt(body), lambda: make(connection))

    return (await write(context, work)).response()


@router.delete(
    "/v1/schedules/{name}/overrides/{id}",
    status_code=204,
    responses=refusals(404, 401, 403, 409, 422, 500, 503),
)
async def remove_override(
    name: Name,
    id: Annotated[str, InPath(max_length=64)],  # noqa: A002 - as in the address
    context: Here,
    caller: Writer,
) -> Response:
    """Take an override back; one that has begun ends now, and one that is over stays."""
    check_seen(name, caller.principal, context.source.current)

    async def work(connection: Connection) -> None:
        now = await policy_now(connection)
        await take_back(connection, name, id, caller.principal, now)

    await write(context, work)
    return Response(status_code=204)


@router.post(
    "/v1/schedules/{name}/import",
    response_model=Imported,
    responses=refusals(404, *WRITING),
    openapi_extra={
        "requestBody": {"required": True, "content": {CALENDAR: {"schema": {"type": "string"}}}}
    },
)
async def import_calendar(
    name: Name,
    request: Request,
    context: Here,
    caller: Writer,
    layer: Annotated[Line, Query(min_length=1, description="What the layer is called.")] = (
        "imported"
    ),
    preview: Annotated[  # noqa: FBT002 - as in the address
        bool, Query(description="Only show what would come of it.")
    ] = False,
) -> Response:
    """Take a calendar file as a layer on top, in the place of an earlier import of that name.

    Events are matched to people by attendee, or by the name or login their title ends with; what
    repeats is written out for 366 days. A lead's to do; anybody may preview.
    """
    check_seen(name, caller.principal, context.source.current)
    if not preview and not caller.principal.asker.leads:
        raise ProblemError(403, "not_yours", "importing is a lead's to decide; preview is open")
    body = await request.body()
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        zone = ZoneInfo((await read_one(connection, name, now, now)).zone)
        roster = await read_roster(connection)
    try:
        # A rule that hardly ever fits is searched for long; nobody else should wait for it.
        taken = await asyncio.to_thread(read_ical, body, zone, roster, now)
    except UnreadableCalendarError as error:
        raise ProblemError(422, "unreadable_calendar", str(error)) from None
    if preview:
        return json_response(_imported(layer, taken, written=False))

    async def take(connection: Connection) -> Answer:
        await _write_layer(connection, name, layer, taken.shifts, now)
        return Answer.of(200, _imported(layer, taken, written=True))

    async def work(connection: Connection) -> Given:
        return await once(connection, _attempt(caller, layer, body), lambda: take(connection))

    return (await write(context, work)).response()


def _attempt(caller: Caller, layer: str, body: bytes) -> Attempt:
    said = layer.encode() + b"\n" + body
    identity = caller.principal.identity
    return Attempt.of(identity, caller.key, caller.method, caller.path, said)


async def _write_layer(
    connection: Connection, name: str, layer: str, found: list[FixedShift], now: datetime
) -> None:
    if not found:
        said = "nothing in it could be taken; preview=true shows why"
        raise ProblemError(422, "nothing_taken", said)
    await lock_schedule(connection, name)
    schedule = await read_one(connection, name, now, now)
    if any(it.name == layer and not it.imported for it in schedule.layers):
        said = f"layer: {layer} is one that the records write; choose another name"
        raise ProblemError(409, "layer_taken", said)
    try:
        changed = with_layer(schedule, Layer(layer, Fixed(tuple(found)), imported=True))
    except RotaError as error:
        raise ProblemError(422, "invalid", str(error)) from None
    await write_schedule(connection, changed)


def _imported(layer: str, taken: Taken, *, written: bool) -> dict[str, Any]:
    listed = sorted(taken.shifts, key=lambda shift: shift.span)
    return {
        "layer": layer,
        "written": written,
        "shifts": [{"name": it.person, "from": it.start, "until": it.end} for it in listed],
        "left": taken.left[:UNMATCHED_SHOWN],
        "left_count": len(taken.left),
    }
