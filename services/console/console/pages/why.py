"""Why? The page of one answer about a ticket, and the forms that ask the other questions."""

from fastapi import APIRouter, Request, Response

from console.pages.ticket import ticket_number
from console.pages.ticket_view import with_sums
from console.visit import Console, begin, render

ASKED = ("seq", "not_told", "about", "still")
"""What may be asked, as the router calls it."""

WORTH_KEEPING = 200


def routes(console: Console) -> APIRouter:
    """Make `/tickets/{number}/why`."""
    router = APIRouter()

    @router.get("/tickets/{number}/why")
    async def show(request: Request, number: str) -> Response:
        visit = await begin(console, request)
        given = [(name, request.query_params.get(name, "")[:WORTH_KEEPING]) for name in ASKED]
        asked = [(name, value) for name, value in given if value]
        path = f"/v1/tickets/{ticket_number(number)}/why"
        why = await console.router.get(visit.session, path, asked)
        policy = await console.policy(visit.session)
        clock = why.get("clock")
        return render(
            console,
            "why.html",
            visit,
            why=why,
            clock=with_sums(clock) if clock else None,
            asked=dict(asked),
            tiers=policy.get("tiers", []),
        )

    return router
