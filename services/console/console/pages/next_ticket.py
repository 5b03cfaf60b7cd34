"""The button "Next for me": the most pressing ticket is claimed, and shown."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.security import read_form
from console.visit import Console, signed_in


def routes(console: Console) -> APIRouter:
    """Make `/next`."""
    router = APIRouter()

    @router.post("/next")
    async def claim_next(request: Request) -> Response:
        session = signed_in(console, request)
        fields = await read_form(console.settings, request, session)
        request.state.entered = fields
        answer = await console.router.post(session, "/v1/next", {}, fields.get("key", ""))
        ticket = answer.get("ticket")
        if ticket is None:
            return RedirectResponse("/?done=nothing-next", 303)
        return RedirectResponse(f"/tickets/{int(ticket['number'])}?done=claim", 303)

    @router.get("/next")
    async def back_to_board() -> Response:
        return RedirectResponse("/", 303)

    return router
