"""Open actions: mine or everybody's, the first to be due on top."""

from fastapi import APIRouter, Request, Response

from console.pages.ticket_view import names_of
from console.router_client import ACTIONS
from console.visit import Console, begin, render

WHOSE = ("me", "all")
MAX_CURSOR = 500


def routes(console: Console) -> APIRouter:
    """Make `/actions`."""
    router = APIRouter()

    @router.get("/actions")
    async def show(request: Request) -> Response:
        visit = await begin(console, request)
        query = request.query_params
        owner = query.get("owner", "me") if query.get("owner") in WHOSE else "me"
        overdue = query.get("overdue") == "yes"
        cursor = query.get("cursor", "")[:MAX_CURSOR]
        wanted = [("owner", owner), ("limit", str(ACTIONS))]
        wanted += [("overdue", "true")] if overdue else []
        wanted += [("cursor", cursor)] if cursor else []
        listed = await console.router.get(visit.session, "/v1/actions", wanted)
        return render(
            console,
            "actions.html",
            visit,
            actions=listed.get("items", []),
            next_cursor=listed.get("next_cursor"),
            owner=owner,
            overdue=overdue,
            names=names_of(await console.policy(visit.session)),
        )

    return router
