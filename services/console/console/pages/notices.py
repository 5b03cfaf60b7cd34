"""Who was told what, and what came of it; what failed comes first."""

import asyncio

from fastapi import APIRouter, Request, Response

from console.router_client import NOTICES
from console.visit import Console, begin, render

STATES = ("failed", "pending", "delivered", "held", "superseded", "suppressed")
MAX_FAILED = 20
MAX_CURSOR = 500


def routes(console: Console) -> APIRouter:
    """Make `/notices`."""
    router = APIRouter()

    @router.get("/notices")
    async def show(request: Request) -> Response:
        visit = await begin(console, request)
        query = request.query_params
        state = query.get("state", "") if query.get("state") in STATES else ""
        cursor = query.get("cursor", "")[:MAX_CURSOR]
        wanted = [("limit", str(NOTICES))]
        wanted += [("state", state)] if state else []
        wanted += [("cursor", cursor)] if cursor else []
        failing = [("state", "failed"), ("limit", str(MAX_FAILED))]
        failed, listed = await asyncio.gather(
            console.router.get(visit.session, "/v1/notices", failing),
            console.router.get(visit.session, "/v1/notices", wanted),
        )
        return render(
            console,
            "notices.html",
            visit,
            failed=failed.get("items", []) if not state and not cursor else [],
            more_failed=bool(failed.get("next_cursor")),
            notices=listed.get("items", []),
            next_cursor=listed.get("next_cursor"),
            states=STATES,
            state=state,
        )

    return router
