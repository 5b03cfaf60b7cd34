"""The phone form: somebody calls, the ticket is open before they hang up."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.asking import Asking, new_ticket
from console.pages.ticket import SHOWN_AGAIN
from console.router_client import RefusedError
from console.security import read_form
from console.visit import Console, Visit, begin, render, signed_in


def routes(console: Console) -> APIRouter:
    """Make `/new`."""
    router = APIRouter()

    @router.get("/new")
    async def show(request: Request) -> Response:
        visit = await begin(console, request)
        start = {"type": "incident", "spoken_to": "yes", "impact": "3", "urgency": "2"}
        return await _page(
            console, visit, start | {"client": request.query_params.get("client", "")}
        )

    @router.post("/new")
    async def open_it(request: Request) -> Response:
        session = signed_in(console, request)
        fields = await read_form(console.settings, request, session)
        request.state.entered = fields
        visit = await begin(console, request)
        policy = await console.policy(visit.session)
        body = new_ticket(Asking(fields, visit.now, visit.zone), policy)
        try:
            ticket = await console.router.post(
                visit.session, "/v1/tickets", body, fields.get("key", "")
            )
        except RefusedError as error:
            if error.status not in SHOWN_AGAIN:
                raise
            return await _page(console, visit, fields, error)
        return RedirectResponse(f"/tickets/{int(ticket['number'])}?done=open", 303)

    return router


async def _page(
    console: Console, visit: Visit, entered: Mapping[str, str], error: RefusedError | None = None
) -> Response:
    return render(
        console,
        "new.html",
        visit,
        status=error.status if error else 200,
        policy=await console.policy(visit.session),
        entered=entered,
        refusal=str(error) if error else "",
    )
