"""The root cause analysis of a ticket: a form to write it, and a page that prints."""

from fastapi import APIRouter, Request, Response

from console.pages.ticket import ticket_number
from console.pages.ticket_view import allowed, names_of
from console.visit import Console, begin, render


def routes(console: Console) -> APIRouter:
    """Make `/tickets/{number}/rca`."""
    router = APIRouter()

    @router.get("/tickets/{number}/rca")
    async def show(request: Request, number: str) -> Response:
        visit = await begin(console, request)
        path = f"/v1/tickets/{ticket_number(number)}"
        document, ticket = await console.router.together(visit.session, f"{path}/rca", path)
        return render(
            console,
            "rca.html",
            visit,
            rca=document,
            writes="rca" in allowed(ticket),
            names=names_of(await console.policy(visit.session)),
        )

    return router
