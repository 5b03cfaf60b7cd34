"""A week of work that is booked, day by day."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from console.instants import instant, rfc3339
from console.pages.ticket_view import names_of
from console.router_client import Json
from console.visit import Console, Visit, begin, render

DAYS = 7


def routes(console: Console) -> APIRouter:
    """Make `/scheduled`."""
    router = APIRouter()

    @router.get("/scheduled")
    async def show(request: Request) -> Response:
        visit = await begin(console, request)
        monday = monday_of(request.query_params.get("week", ""), visit)
        mine = request.query_params.get("owner", "") == "me"
        days = [monday + timedelta(days=n) for n in range(DAYS)]
        edges = [_midnight(day, visit) for day in (*days, monday + timedelta(days=DAYS))]
        params = [("from", rfc3339(edges[0])), ("until", rfc3339(edges[-1]))]
        params += [("owner", "me")] if mine else []
        found = await console.router.get(visit.session, "/v1/scheduled", params)
        return render(
            console,
            "scheduled.html",
            visit,
            days=by_day(found["items"], days, visit),
            more=found["more"],
            mine=mine,
            before=monday - timedelta(days=DAYS),
            after=monday + timedelta(days=DAYS),
            monday=monday,
            today=visit.now.astimezone(visit.zone).date(),
            names=names_of(await console.policy(visit.session)),
        )

    return router


def monday_of(text: str, visit: Visit) -> date:
    """The Monday of the week that holds the date `text`; of the present week for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = visit.now.astimezone(visit.zone).date()
    if not 2000 <= day.year <= 2099:
        day = visit.now.astimezone(visit.zone).date()
    return day - timedelta(days=day.weekday())


def _midnight(day: date, visit: Visit) -> datetime:
    return datetime.combine(day, time(), visit.zone)


def by_day(items: list[Json], days: list[date], visit: Visit) -> list[Mapping[str, Any]]:
    """Each day with the bookings that begin on it; those from before stand on the first."""
    found: dict[date, list[Json]] = {day: [] for day in days}
    for item in items:
        start = instant(item["start"])
        if start is None:
            continue
        day = start.astimezone(visit.zone).date()
        found[max(days[0], min(day, days[-1]))].append(item)
    return [{"day": day, "items": found[day]} for day in days]
