"""Where people outside answer one question, by the link of their mail and without a login."""

from fastapi import APIRouter, Request, Response

from console.instants import instant
from console.router_client import LoggedOutError, RefusedError
from console.security import form_token, read_form
from console.visit import Console, reader_zone, render

GONE = "This link is not good, or not any more. The mail you have it from may be an old one."
ANSWER_PATH = "/v1/answer"
SHOWN_AGAIN = frozenset({409, 422})


def routes(console: Console) -> APIRouter:
    """Make `/answer/{link}`; the link is the credential, as the router judges it."""
    router = APIRouter()

    @router.get("/answer/{link}")
    async def show(request: Request, link: str) -> Response:
        return await _page(console, request, link)

    @router.post("/answer/{link}")
    async def answer(request: Request, link: str) -> Response:
        fields = await read_form(console.settings, request, link)
        body = {"answer": fields.get("answer", ""), "word": fields.get("word", "")}
        try:
            await console.router.post(link, ANSWER_PATH, body)
        except LoggedOutError:
            return _gone(console)
        except RefusedError as error:
            if error.status not in SHOWN_AGAIN:
                return _gone(console)
            return await _page(console, request, link, refusal=str(error), status=error.status)
        return await _page(console, request, link, done=True)

    return router


async def _page(
    console: Console,
    request: Request,
    link: str,
    *,
    done: bool = False,
    refusal: str = "",
    status: int = 200,
) -> Response:
    """The question as it stands; looking at it changes nothing, as mail scanners look too."""
    try:
        question = await console.router.get(link, ANSWER_PATH)
    except (LoggedOutError, RefusedError):
        return _gone(console)
    now = instant(question.get("now"))
    if now is None:
        return _gone(console)
    return render(
        console,
        "answer.html",
        status=status,
        question=question,
        link=link,
        token=form_token(console.settings, link),
        done=done,
        score=request.query_params.get("score", ""),
        refusal=refusal,
        reader=reader_zone(request),
        asked_now=now,
    )


def _gone(console: Console) -> Response:
    return render(console, "answer_gone.html", status=404, reason=GONE)
