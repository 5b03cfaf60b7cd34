"""The live stream: the router's, passed on under the session of whoever looks."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from console.router_client import LoggedOutError, RefusedError, RouterAwayError
from console.visit import Console, signed_in
from tierline.web.sse import until

RETRY_AFTER_SECONDS = "3"


def routes(console: Console) -> APIRouter:
    """Make `/stream`."""
    router = APIRouter()

    @router.get("/stream")
    async def stream(request: Request) -> Response:
        try:
            chunks = await console.router.stream(signed_in(console, request))
        except LoggedOutError:
            return JSONResponse({"ok": False}, status_code=401)
        except (RefusedError, RouterAwayError):
            headers = {"Retry-After": RETRY_AFTER_SECONDS}
            return JSONResponse({"ok": False}, status_code=503, headers=headers)
        vitals = getattr(request.app.state, "vitals", None)
        if vitals is not None:  # else the end of the console would wait for every open page
            chunks = until(vitals.ending, chunks)
        # Without this a proxy in front may hold events back until its buffer is full.
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(chunks, media_type="text/event-stream", headers=headers)

    return router
