"""Reports: the lead's list of a group, the week in figures, the bounce ledger, letters written."""

import asyncio
from datetime import timedelta
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from console.instants import rfc3339
from console.visit import Console, begin, render

LISTS = ("closing", "opening")
SINCE = ("7d", "30d", "90d")
"""Stretches of the ledger that the page offers."""

WEEK_CHARS = 8


def routes(console: Console) -> APIRouter:
    """Make `/groups/NAME/list`, `/reports/week` and `/reports/bounces`."""
    router = APIRouter()

    @router.get("/groups/{name}/list")
    async def lead_list(request: Request, name: str) -> Response:
        visit = await begin(console, request)
        asked = request.query_params.get("at", "")
        at = asked if asked in LISTS else LISTS[0]
        path = f"/v1/groups/{quote(name, safe='')}/list"
        page, policy = await asyncio.gather(
            console.router.get(visit.session, path, [("at", at)]), console.policy(visit.session)
        )
        groups = [group["name"] for group in policy["groups"]]
        return render(
            console, "group_list.html", visit, page=page, at=at, lists=LISTS, groups=groups
        )

    @router.get("/reports/week")
    async def week(request: Request) -> Response:
        visit = await begin(console, request)
        wanted = request.query_params.get("week", "")[:WEEK_CHARS]
        page, letters = await asyncio.gather(
            console.router.get(
                visit.session, "/v1/reports/week", [("week", wanted)] if wanted else []
            ),
            console.router.get(visit.session, "/v1/letters"),
        )
        return render(console, "week.html", visit, page=page, letters=letters["items"])

    @router.get("/reports/bounces")
    async def bounces(request: Request) -> Response:
        visit = await begin(console, request)
        query = request.query_params
        since = query.get("since", "") if query.get("since") in SINCE else SINCE[1]
        start = visit.now - timedelta(days=int(since.removesuffix("d")))
        params = [("since", rfc3339(start))]
        params += [(key, query[key]) for key in ("client", "group") if query.get(key)]
        page, policy = await asyncio.gather(
            console.router.get(visit.session, "/v1/reports/bounces", params),
            console.policy(visit.session),
        )
        return render(
            console,
            "bounces.html",
            visit,
            page=page,
            policy=policy,
            query=query,
            since=since,
            stretches=SINCE,
        )

    return router
