"""Policy time on a development stack: faster, held, or a step forward."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.instants import next_morning
from console.router_client import RefusedError
from console.security import read_form
from console.visit import Console, Visit, begin, render, signed_in

SPEEDS = (1, 60, 600)
JUMPS = {"15m": 900, "1h": 3_600}


def routes(console: Console) -> APIRouter:
    """Make `/clock`."""
    router = APIRouter()

    @router.get("/clock")
    async def show(request: Request) -> Response:
        visit = await begin(console, request)
        return _page(console, visit)

    @router.post("/clock")
    async def change(request: Request) -> Response:
        session = signed_in(console, request)
        fields = await read_form(console.settings, request, session)
        visit = await begin(console, request)
        body = _change(fields, visit)
        if not visit.development:
            return _page(console, visit, 403, "Policy time is real time here.")
        if not body:
            return _page(console, visit, 422, "Choose one of the buttons.")
        try:
            await console.router.post(session, "/v1/clock", body)
        except RefusedError as error:
            return _page(console, visit, error.status, str(error))
        return RedirectResponse("/clock", 303)

    return router


def _change(fields: dict[str, str], visit: Visit) -> dict[str, float | bool]:
    """What the pressed button asks of the clock; empty for none of ours."""
    speed, jump = fields.get("speed", ""), fields.get("jump", "")
    if speed in {str(one) for one in SPEEDS}:
        return {"speed": int(speed)}
    if jump in JUMPS:
        return {"jump_s": JUMPS[jump]}
    if jump == "morning":
        return {"jump_s": (next_morning(visit.now, visit.zone) - visit.now).total_seconds()}
    if fields.get("held") in {"yes", "no"}:
        return {"held": fields["held"] == "yes"}
    return {}


def _page(console: Console, visit: Visit, status: int = 200, refusal: str = "") -> Response:
    return render(
        console, "clock.html", visit, status=status, speeds=SPEEDS, jumps=JUMPS, refusal=refusal
    )
