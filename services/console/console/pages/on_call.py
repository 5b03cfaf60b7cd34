"""Who is on call: this week and next as bars, who is on for a client, changes by hand."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.asking import Asking
from console.instants import NotAnInstantError, instant, rfc3339, typed
from console.pages.ticket import SHOWN_AGAIN
from console.router_client import Json, RefusedError
from console.security import read_form
from console.visit import Console, Visit, begin, render, signed_in

DAYS = 14
WIDTH = 1_400
"""Of a bar, in its own units: 100 a day."""

SCHEDULES_MAX = 30
"""Drawn on one page; the command line lists them all."""

COLOURS = 6


def routes(console: Console) -> APIRouter:
    """Make `/on-call`."""
    router = APIRouter()

    @router.get("/on-call")
    async def show(request: Request) -> Response:
        visit = await begin(console, request)
        return await _page(console, visit, dict(request.query_params))

    @router.post("/on-call")
    async def change(request: Request) -> Response:
        session = signed_in(console, request)
        fields = await read_form(console.settings, request, session)
        request.state.entered = fields
        visit = await begin(console, request)
        path = f"/v1/schedules/{quote(fields.get('schedule', ''), safe='')}/overrides"
        try:
            if fields.get("undo"):
                await console.router.remove(session, f"{path}/{quote(fields['undo'], safe='')}")
            else:
                body = _asked(Asking(fields, visit.now, visit.zone))
                await console.router.post(session, path, body, fields.get("key", ""))
        except NotAnInstantError as error:
            return await _page(console, visit, {}, fields, str(error), 422)
        except RefusedError as error:
            if error.status not in {*SHOWN_AGAIN, 403, 404}:
                raise
            return await _page(console, visit, {}, fields, str(error), error.status)
        return RedirectResponse("/on-call", 303)

    return router


def _asked(form: Asking) -> Json:
    """The override or swap of the form. Raises NotAnInstantError."""
    body = form.text("person", "instead_of", "reason") | form.instant("from_at", "until_at")
    back = form.instant("return_from", "return_until")
    if back:
        body["in_return"] = {
            "from_at": back.get("return_from"),
            "until_at": back.get("return_until"),
        }
    return body


async def _page(
    console: Console,
    visit: Visit,
    query: Mapping[str, str],
    entered: Mapping[str, str] | None = None,
    refusal: str = "",
    status: int = 200,
) -> Response:
    start = _monday(visit)
    days = [start + timedelta(days=n) for n in range(DAYS + 1)]
    listed = (await console.router.get(visit.session, "/v1/schedules"))["items"]
    drawn = listed[:SCHEDULES_MAX]
    stretch = [("from", rfc3339(days[0])), ("until", rfc3339(days[-1]))]
    paths = [f"/v1/schedules/{quote(it['name'], safe='')}" for it in drawn]
    whole = await asyncio.gather(
        *(console.router.get(visit.session, path, stretch) for path in paths)
    )
    who, said = await _who(console, visit, query)
    return render(
        console,
        "on_call.html",
        visit,
        status=status,
        schedules=[_drawn(it, days) for it in whole],
        more=len(listed) - len(drawn),
        days=days[:-1],
        today=_place(visit.now, days),
        width=WIDTH,
        who=who,
        query=query,
        policy=await console.policy(visit.session),
        people=sorted({name for it in listed for name in it["people"]}),
        entered=entered or {},
        refusal=refusal or said,
    )


async def _who(console: Console, visit: Visit, query: Mapping[str, str]) -> tuple[Json | None, str]:
    """The answer to "who is on for client X at T", and what was wrong with the question."""
    if "client" not in query:
        return None, ""
    params = [("client", query["client"])] if query["client"] else []
    try:
        at = typed(query.get("at", ""), visit.now, visit.zone)
        params += [("at", rfc3339(at))] if at else []
        return await console.router.get(visit.session, "/v1/on-call", params), ""
    except (NotAnInstantError, RefusedError) as error:
        return None, str(error)


def _monday(visit: Visit) -> datetime:
    """The beginning of this week on the reader's wall."""
    today = visit.now.astimezone(visit.zone).date()
    return datetime.combine(today - timedelta(days=today.weekday()), time(), visit.zone)


def _drawn(schedule: Json, days: list[datetime]) -> Json:
    """A schedule with its shifts and gaps as bars: where each begins, and how wide it is."""
    colours = {name: n % COLOURS for n, name in enumerate(schedule["people"])}
    bars = [_bar(it, days) | {"colour": colours.get(it["name"], 0)} for it in schedule["shifts"]]
    gaps = [_bar(it, days) for it in schedule["gaps"]]
    return {**schedule, "bars": bars, "holes": gaps}


def _bar(it: Json, days: list[datetime]) -> dict[str, Any]:
    start, end = instant(it["from"]), instant(it["until"])
    left, right = (_place(edge, days) for edge in (start, end))
    return {**it, "left": left, "width": max(right - left, 1)}


def _place(at: datetime | None, days: list[datetime]) -> int:
    """How far along the bar an instant lies: days are equally wide, whatever the clocks do."""
    if at is None:
        return 0
    for n in range(DAYS):
        begin, end = days[n].timestamp(), days[n + 1].timestamp()
        if at.timestamp() < end:
            return round((n + max(0.0, at.timestamp() - begin) / (end - begin)) * WIDTH / DAYS)
    return WIDTH
