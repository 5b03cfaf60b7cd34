"""Training: what there is to teach each tier, and what was made of it."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.pages.ticket import SHOWN_AGAIN, ticket_number
from console.router_client import RefusedError
from console.security import read_form
from console.visit import Console, Visit, begin, render, signed_in

STATES = ("open", "planned", "done")
SHOWN = ("open", "planned")
"""What is still to be taught: shown unless something else is asked for."""


def routes(console: Console) -> APIRouter:
    """Make `/training`."""
    router = APIRouter()

    @router.get("/training")
    async def show(request: Request) -> Response:
        visit = await begin(console, request)
        return await _page(console, visit, request.query_params)

    @router.post("/training")
    async def mark(request: Request) -> Response:
        session = signed_in(console, request)
        fields = await read_form(console.settings, request, session)
        request.state.entered = fields
        visit = await begin(console, request)
        ticket, seq = ticket_number(fields.get("ticket", "")), ticket_number(fields.get("seq", ""))
        body = {"state": fields.get("state", ""), "note": fields.get("note", "").strip()}
        path = f"/v1/training/{ticket}/{seq}"
        kept = {key: fields[key] for key in ("tier", "only") if fields.get(key)}
        try:
            await console.router.post(session, path, body, fields.get("key", ""))
        except RefusedError as error:
            if error.status not in SHOWN_AGAIN:
                raise
            return await _page(console, visit, kept, str(error), error.status)
        return RedirectResponse(f"/training?{urlencode(kept)}" if kept else "/training", 303)

    return router


async def _page(
    console: Console,
    visit: Visit,
    query: Mapping[str, str],
    refusal: str = "",
    status: int = 200,
) -> Response:
    tier = query.get("tier", "")
    only = query.get("only", "") if query.get("only") in STATES else ""
    params = [("state", name) for name in ((only,) if only else SHOWN)]
    params += [("tier", tier)] if tier else []
    page, policy = await asyncio.gather(
        console.router.get(visit.session, "/v1/training", params),
        console.policy(visit.session),
    )
    return render(
        console,
        "training.html",
        visit,
        status=status,
        page=page,
        tiers=policy["tiers"],
        tier=tier,
        only=only,
        states=STATES,
        refusal=refusal,
        may_mark=visit.me.get("role") != "technician",
    )
