"""Coming in and going out."""

import contextlib
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.router_client import LoggedOutError, RefusedError, RouterAwayError
from console.security import (
    forget,
    form_token,
    keep_session,
    keep_visitor,
    new_visitor,
    read_form,
    visitor_of,
)
from console.visit import Console, render, signed_in

WRONG = "That login and password do not go together."


def routes(console: Console) -> APIRouter:
    """Make `/login` and `/logout`."""
    router = APIRouter()

    @router.get("/login")
    async def show(request: Request) -> Response:
        return _page(console, request, wanted=request.query_params.get("next", ""))

    @router.post("/login")
    async def come_in(request: Request) -> Response:
        fields = await read_form(console.settings, request, visitor_of(console.settings, request))
        wanted, login = fields.get("next", ""), fields.get("login", "")
        try:
            opened = await console.router.login(login, fields.get("password", ""))
        except LoggedOutError:
            return _page(console, request, wanted=wanted, login=login, status=401, refusal=WRONG)
        except RefusedError as error:
            refusal = _refusal(error)
            return _page(
                console, request, wanted=wanted, login=login, status=error.status, refusal=refusal
            )
        answer = RedirectResponse(safe_target(wanted), 303)
        keep_session(console.settings, answer, str(opened["session"]))
        return answer

    @router.post("/logout")
    async def go_out(request: Request) -> Response:
        session = signed_in(console, request)
        await read_form(console.settings, request, session)
        console.kept.forget(session)
        # The browser forgets it all the same; the router's row ends at its own time.
        with contextlib.suppress(LoggedOutError, RefusedError, RouterAwayError):
            await console.router.logout(session)
        answer = RedirectResponse("/login", 303)
        forget(console.settings, answer)
        return answer

    return router


def safe_target(wanted: str) -> str:
    """Return where to go after login: an address of this console, whatever the link said.

    Args:
        wanted: from the address of the login page.
    """
    parts = urlsplit(wanted)
    local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    clean = all(" " < character < "\x7f" for character in wanted) and "\\" not in wanted
    return wanted if local and clean and not parts.scheme and not parts.netloc else "/"


def _refusal(error: RefusedError) -> str:
    if error.status == 429:
        return "Too many wrong tries for this login. Wait a minute, then try again."
    return WRONG


def _page(
    console: Console,
    request: Request,
    *,
    wanted: str,
    login: str = "",
    status: int = 200,
    refusal: str = "",
) -> Response:
    visitor = visitor_of(console.settings, request) or new_visitor()
    answer = render(
        console,
        "login.html",
        status=status,
        token=form_token(console.settings, visitor),
        wanted=wanted,
        login=login,
        refusal=refusal,
    )
    keep_visitor(console.settings, answer, visitor)
    return answer
