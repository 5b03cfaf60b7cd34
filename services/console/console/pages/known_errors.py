"""Known errors: problems whose cause is known, and what helps meanwhile."""

import asyncio

from fastapi import APIRouter, Request, Response

from console.pages.ticket_view import names_of
from console.visit import Console, begin, render


def routes(console: Console) -> APIRouter:
    """Make `/known-errors`."""
    router = APIRouter()

    @router.get("/known-errors")
    async def show(request: Request) -> Response:
        visit = await begin(console, request)
        client = request.query_params.get("client", "")
        asked = [("client", client)] if client else []
        found, policy = await asyncio.gather(
            console.router.get(visit.session, "/v1/known-errors", asked),
            console.policy(visit.session),
        )
        return render(
            console,
            "known_errors.html",
            visit,
            items=found.get("items", []),
            policy=policy,
            names=names_of(policy),
            client=client,
        )

    return router
