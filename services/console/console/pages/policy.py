"""Versions of the policy: what was previewed, what it would mean, and making it hold."""

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.pages.ticket import SHOWN_AGAIN
from console.router_client import Json, RefusedError
from console.security import read_form
from console.visit import Console, begin, render, signed_in

PREVIEWS = "/v1/policy/previews"
SHOWN_TICKETS = 200
PRIORITIES = ("P1", "P2", "P3", "P4")


def routes(console: Console) -> APIRouter:
    """Make `/policy` and `/policy/{token}`."""
    router = APIRouter()

    @router.get("/policy")
    async def previews(request: Request) -> Response:
        visit = await begin(console, request)
        found = await console.router.get(visit.session, PREVIEWS)
        return render(console, "policy.html", visit, previews=found["items"])

    @router.get("/policy/{token}")
    async def show(request: Request, token: str) -> Response:
        return await _page(console, request, token)

    @router.post("/policy/{token}")
    async def decide(request: Request, token: str) -> Response:
        session = signed_in(console, request)
        fields = await read_form(console.settings, request, session)
        request.state.entered = fields
        moving = fields.get("step") == "move"
        path = f"{_path(token)}/{'move' if moving else 'apply'}"
        body = {} if moving else _asked(fields)
        try:
            await console.router.post(session, path, body, fields.get("key", ""))
        except RefusedError as error:
            if error.status not in {*SHOWN_AGAIN, 403}:
                raise
            return await _page(console, request, token, fields, error)
        return RedirectResponse(f"/policy/{quote(token, safe='')}", 303)

    return router


def _path(token: str) -> str:
    return f"{PREVIEWS}/{quote(token, safe='')}"


def _asked(fields: Mapping[str, str]) -> Json:
    """What is to become of the open tickets, as the form says."""
    goes = {name.removeprefix("goes "): to for name, to in fields.items() if name[:5] == "goes "}
    return {
        "reason": fields.get("reason", ""),
        "move": fields.get("open_tickets") == "move",
        "only": [name for name in PRIORITIES if fields.get(f"only_{name}")],
        "move_groups": {name: to for name, to in goes.items() if to},
    }


async def _page(
    console: Console,
    request: Request,
    token: str,
    entered: Mapping[str, str] | None = None,
    refused: RefusedError | None = None,
) -> Response:
    visit = await begin(console, request)
    found = await console.router.get(visit.session, _path(token))
    policy = await console.policy(visit.session)
    return render(
        console,
        "policy_preview.html",
        visit,
        status=refused.status if refused else 200,
        preview=found,
        shown=SHOWN_TICKETS,
        priorities=PRIORITIES,
        goes=[it["place"][6:] for it in found["held"] if it["place"].startswith("group ")],
        groups=[group["name"] for group in policy["groups"]],
        entered=entered or {},
        refusal=str(refused) if refused else "",
    )
