"""The composition root of the console."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from console.pages import (
    actions,
    answer,
    board,
    clock,
    known_errors,
    login,
    mail,
    new,
    next_ticket,
    notices,
    on_call,
    policy,
    rca,
    records,
    records_import,
    reports,
    scheduled,
    storms,
    stream,
    ticket,
    to_confirm,
    training,
    why,
)
from console.presenting import ASSET_VERSION, STATIC, environment
from console.router_client import LoggedOutError, RefusedError, Router, RouterAwayError
from console.security import (
    ForgedFormError,
    FormTooLargeError,
    SecurityHeaders,
    forget,
    form_token,
    session_of,
)
from console.settings import ConsoleSettings
from console.visit import Console, is_live, render
from tierline.runtime.service import Service
from tierline.web.health import health_router

STATIC_CACHE = "public, max-age=31536000, immutable"
RETRY_SECONDS = 5
PAGES = (
    answer,
    board,
    why,
    rca,
    ticket,
    new,
    next_ticket,
    storms,
    notices,
    actions,
    on_call,
    known_errors,
    policy,
    scheduled,
    to_confirm,
    records_import,
    records,
    reports,
    training,
    clock,
    mail,
    login,
    stream,
)

Handler = Callable[[Request, Exception], Awaitable[Response]]


async def build(settings: ConsoleSettings) -> Service:
    """Make the console.

    Args:
        settings: where the router is, and the secret that signs forms.

    Returns:
        The service, not yet running.
    """
    router = Router(settings.router_url)
    return Service(name="console", app=make_app(settings, router), on_stop=[router.close])


def make_app(settings: ConsoleSettings, router: Router) -> FastAPI:
    """Make the HTTP application on a given router."""
    app = FastAPI(title="Tierline console", docs_url=None, redoc_url=None, openapi_url=None)
    console = Console(settings, router, environment())
    app.state.console = console
    app.include_router(health_router("console", {"router": router.alive}))
    for page in PAGES:
        app.include_router(page.routes(console))
    app.mount("/static", _Static(directory=STATIC), name="static")
    app.add_middleware(SecurityHeaders)
    for error, handler in _handlers(console).items():
        app.add_exception_handler(error, handler)
    return app


class _Static(StaticFiles):
    """Our few files: kept for good under an address with their hash, else asked for anew."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file, and say how long it is good."""
        answer = await super().get_response(path, scope)
        versioned = scope["query_string"] == f"v={ASSET_VERSION}".encode()
        answer.headers["Cache-Control"] = STATIC_CACHE if versioned else "no-cache"
        return answer


def _handlers(console: Console) -> dict[type[Exception] | int, Handler]:
    """What a person sees when something other than the page they asked for comes of it."""

    async def logged_out(request: Request, _: Exception) -> Response:
        if is_live(request):
            return JSONResponse({"ok": False, "message": "Please log in again."}, 401)
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        wanted = f"?next={quote(address, safe='')}" if request.method == "GET" else ""
        answer = RedirectResponse(f"/login{wanted}", 303)
        forget(console.settings, answer)
        return answer

    async def away(request: Request, error: Exception) -> Response:
        if is_live(request):
            return JSONResponse({"ok": False, "message": "The router does not answer."}, 503)
        answer = _away_page(console, request, str(error))
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status if isinstance(error, RefusedError) else 500
        if is_live(request):
            return JSONResponse({"ok": False, "message": str(error)}, status)
        return render(console, "refused.html", status=status, reason=str(error), code=status)

    async def forged(request: Request, _: Exception) -> Response:
        reason = "This form is not from your present login. Load the page again and send it anew."
        if is_live(request):
            return JSONResponse({"ok": False, "message": reason}, 403)
        return render(console, "refused.html", status=403, reason=reason, code=403)

    async def too_large(_: Request, __: Exception) -> Response:
        reason = "That is more than this form takes. Shorten it, or attach a link instead."
        return render(console, "refused.html", status=413, reason=reason, code=413)

    async def not_found(_: Request, __: Exception) -> Response:
        reason = "There is nothing here, or nothing you may see."
        return render(console, "refused.html", status=404, reason=reason, code=404)

    return {
        LoggedOutError: logged_out,
        RouterAwayError: away,
        RefusedError: refused,
        ForgedFormError: forged,
        FormTooLargeError: too_large,
        httpx.InvalidURL: not_found,
        404: not_found,
    }


def _away_page(console: Console, request: Request, why: str) -> HTMLResponse:
    """Say that the router is away; what was typed in can be sent again, and is done only once."""
    entered = dict(getattr(request.state, "entered", {}))
    holder = session_of(console.settings, request)
    return render(
        console,
        "away.html",
        status=503,
        why=why,
        retry_seconds=RETRY_SECONDS,
        entered=entered,
        address=request.url.path,
        posting=request.method != "GET",
        token=form_token(console.settings, holder) if holder else "",
    )
