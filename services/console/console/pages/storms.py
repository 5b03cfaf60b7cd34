"""A storm: the tickets that wait in it, and the one decision."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.pages.ticket import SHOWN_AGAIN, ticket_number
from console.pages.ticket_view import names_of
from console.router_client import Json, RefusedError
from console.security import read_form
from console.visit import Console, Visit, begin, render, signed_in

PICK = "pick-"
MAX_PICKED = 1_000
"""As many as the router decides at once, and some fields beside them."""

DECISIONS = ("move all", "keep all", "pick")


def routes(console: Console) -> APIRouter:
    """Make `/storms/N`."""
    router = APIRouter()

    @router.get("/storms/{number}")
    async def show(number: str, request: Request) -> Response:
        visit = await begin(console, request)
        done = "It is decided; its tickets follow one after the other."
        said = done if request.query_params.get("done") == "decided" else ""
        return await _page(console, visit, ticket_number(number), done=said)

    @router.post("/storms/{number}")
    async def decide(number: str, request: Request) -> Response:
        session = signed_in(console, request)
        fields = await read_form(
            console.settings, request, session, max_fields=MAX_PICKED + len(DECISIONS)
        )
        request.state.entered = fields
        storm = ticket_number(number)
        try:
            path = f"/v1/storms/{storm}/decide"
            await console.router.post(session, path, _body(fields), fields.get("key", ""))
        except RefusedError as error:
            if error.status not in SHOWN_AGAIN:
                raise
            visit = await begin(console, request)
            return await _page(
                console, visit, storm, refusal=str(error), status=error.status, entered=fields
            )
        return RedirectResponse(f"/storms/{storm}?done=decided", 303)

    return router


def _body(fields: dict[str, str]) -> Json:
    """The decision as the router takes it."""
    decision = fields.get("decision", "")
    body: Json = {"decision": decision, "reason": fields.get("reason", "")}
    if decision == "pick":
        picked = [name.removeprefix(PICK) for name in fields if name.startswith(PICK)]
        body["tickets"] = sorted(ticket_number(number) for number in picked)
    return body


async def _page(
    console: Console,
    visit: Visit,
    number: int,
    *,
    done: str = "",
    refusal: str = "",
    status: int = 200,
    entered: dict[str, str] | None = None,
) -> Response:
    storm = await console.router.get(visit.session, f"/v1/storms/{number}")
    return render(
        console,
        "storm.html",
        visit,
        status=status,
        storm=storm,
        names=names_of(await console.policy(visit.session)),
        done=done,
        refusal=refusal,
        entered=entered or {},
    )
