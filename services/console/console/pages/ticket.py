"""One ticket: what was promised, what happened and why, and what may be done."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from console.asking import COMMANDS, DONE_WORDS, Asking
from console.instants import NotAnInstantError
from console.pages.ticket_view import Refusal, TicketPage, names_of, show_ticket
from console.router_client import RefusedError
from console.security import read_form
from console.visit import Console, begin, is_live, render, signed_in

SHOWN_AGAIN = frozenset({400, 403, 409, 422})
MAX_NUMBER = 2**53
WORTH_KEEPING = 200


def routes(console: Console) -> APIRouter:
    """Make `/tickets/{number}` and one address a command below it."""
    router = APIRouter()

    @router.get("/tickets/{number}")
    async def show(request: Request, number: str) -> Response:
        visit = await begin(console, request)
        upto = request.query_params.get("upto", "")
        page = TicketPage(
            number=ticket_number(number),
            upto=int(upto) if upto.isascii() and upto.isdigit() and len(upto) < 10 else None,
            done=DONE_WORDS.get(request.query_params.get("done", ""), ""),
        )
        return await show_ticket(console, visit, page)

    @router.get("/tickets/{number}/{command}")
    async def back_to_ticket(number: str, command: str) -> Response:  # noqa: ARG001 - the path's
        return RedirectResponse(f"/tickets/{ticket_number(number)}", 303)

    @router.post("/tickets/{number}/{command}")
    async def act(request: Request, number: str, command: str) -> Response:
        session = signed_in(console, request)
        fields = await read_form(console.settings, request, session)
        request.state.entered = fields
        if command not in COMMANDS:
            return render(console, "refused.html", status=404, reason="There is no such command.")
        return await _act(console, request, ticket_number(number), command, fields)

    return router


async def _act(
    console: Console, request: Request, number: int, command: str, fields: dict[str, str]
) -> Response:
    visit = await begin(console, request)
    page = TicketPage(number=number, command=command, entered=fields)
    try:
        body = COMMANDS[command](Asking(fields, visit.now, visit.zone))
    except NotAnInstantError as error:
        page.refusal = Refusal(str(error), 422)
        return await show_ticket(console, visit, page)
    path = f"/v1/tickets/{number}/{command}"
    try:
        answer = await console.router.post(visit.session, path, body, fields.get("key", ""))
    except RefusedError as error:
        if error.status not in SHOWN_AGAIN:
            raise
        names = names_of(await console.policy(visit.session))
        page.refusal = Refusal(str(error), error.status, error.problem, names)
        if is_live(request):
            content = {"ok": False, "message": page.refusal.sentence}
            return JSONResponse(content, status_code=error.status)
        return await show_ticket(console, visit, page)
    if answer.get("preview"):
        page.preview = answer.get("dues") or {}
        return await show_ticket(console, visit, page)
    if is_live(request):
        return JSONResponse({"ok": True, "message": f"#{number}: {DONE_WORDS[command]}"})
    return RedirectResponse(_after(number, command, fields), 303)


def _after(number: int, command: str, fields: dict[str, str]) -> str:
    back = fields.get("back")
    if back is None:
        return f"/tickets/{number}?done={command}"
    kept = quote(back[:WORTH_KEEPING], safe="=&+%")
    return f"/?{kept}{'&' if kept else ''}done={command}"


def ticket_number(text: str) -> int:
    """The ticket's number in an address. Raises RefusedError (404) for what is none."""
    if text.isascii() and text.isdigit() and int(text[:20]) < MAX_NUMBER:
        return int(text[:20])
    raise RefusedError(404, {"detail": "There is no such ticket, or you may not see it."})
