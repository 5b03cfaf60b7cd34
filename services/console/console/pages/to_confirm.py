"""What a desk owner has to confirm with clients: one click each."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.asking import COMMANDS, Asking
from console.pages.ticket import SHOWN_AGAIN, ticket_number
from console.pages.ticket_view import names_of
from console.router_client import RefusedError
from console.security import read_form
from console.visit import Console, Visit, begin, render, signed_in

ANSWERS = frozenset({"confirm", "reject"})


def routes(console: Console) -> APIRouter:
    """Make `/to-confirm`."""
    router = APIRouter()

    @router.get("/to-confirm")
    async def show(request: Request) -> Response:
        return await _page(console, await begin(console, request))

    @router.post("/to-confirm")
    async def answer(request: Request) -> Response:
        session = signed_in(console, request)
        fields = await read_form(console.settings, request, session)
        request.state.entered = fields
        visit = await begin(console, request)
        command = fields.get("do", "")
        number = ticket_number(fields.get("number", ""))
        if command not in ANSWERS:
            return render(console, "refused.html", status=404, reason="There is no such command.")
        body = COMMANDS[command](Asking(fields, visit.now, visit.zone))
        path = f"/v1/tickets/{number}/{command}"
        try:
            await console.router.post(session, path, body, fields.get("key", ""))
        except RefusedError as error:
            if error.status not in SHOWN_AGAIN:
                raise
            return await _page(console, visit, f"#{number}: {error}", error.status)
        return RedirectResponse("/to-confirm", 303)

    return router


async def _page(console: Console, visit: Visit, refusal: str = "", status: int = 200) -> Response:
    found = await console.router.get(visit.session, "/v1/to-confirm")
    names = names_of(await console.policy(visit.session))
    return render(
        console,
        "to_confirm.html",
        visit,
        status=status,
        items=found["items"],
        more=found["more"],
        names=names,
        refusal=refusal,
    )
