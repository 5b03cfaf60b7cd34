"""Every refusal is an RFC 9457 problem: what is wrong, where, and what to do about it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tierline.store.database import REPLAYABLE, UNREACHABLE
from tierline.web.encoding import encode
from tierline.web.limits import FIELD_ERRORS_MAX, RETRY_AFTER_S

MEDIA_TYPE = "application/problem+json"
_HIDDEN_PLACES = {"body", "query", "path", "header"}

log = structlog.get_logger(__name__)


class ProblemError(Exception):
    """A refusal on its way to the caller.

    Args:
        status: the HTTP status.
        code: stable, for programs.
        detail: one sentence for people: what is wrong and what to do.
        headers: further HTTP headers.
        extras: further members of the problem.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **extras: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.extras = extras


def problem_body(status: int, code: str, detail: str, **extras: Any) -> dict[str, Any]:
    """The members of a problem document (RFC 9457 section 3)."""
    return {
        "type": f"urn:tierline:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **extras,
    }


def problem_response(error: ProblemError) -> Response:
    """The answer that carries `error`."""
    body = problem_body(error.status, error.code, error.detail, **error.extras)
    headers = {"Cache-Control": "no-store", **error.headers}
    return Response(encode(body), error.status, headers, media_type=MEDIA_TYPE)


def unauthorized() -> ProblemError:
    """A 401 that is the same for a missing, malformed, unknown, expired or revoked credential."""
    return ProblemError(
        401,
        "unauthorized",
        "send a valid API token or session as: Authorization: Bearer <credential>",
        headers={"WWW-Authenticate": 'Bearer realm="tierline"'},
    )


def unavailable(code: str, detail: str) -> ProblemError:
    """A 503 that says when to come back (RFC 9110 section 10.2.3)."""
    return ProblemError(503, code, detail, headers={"Retry-After": str(RETRY_AFTER_S)})


def install_problems(app: FastAPI) -> None:
    """Make every refusal and failure of `app` a problem document."""
    app.add_exception_handler(ProblemError, _answer(lambda error: error))
    app.add_exception_handler(HTTPException, _answer(_from_http))
    app.add_exception_handler(RequestValidationError, _answer(_from_validation))
    for kind in (*UNREACHABLE, asyncpg.QueryCanceledError):
        app.add_exception_handler(kind, _answer(_database_away))
    for kind in REPLAYABLE:
        app.add_exception_handler(kind, _answer(_busy))
    app.add_exception_handler(Exception, _answer(_unexpected))


def _answer(
    make: Callable[[Any], ProblemError],
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(_request: Request, error: Exception) -> Response:
        return problem_response(make(error))

    return handle


def _from_http(error: HTTPException) -> ProblemError:
    """What the framework itself refuses: unknown path, wrong method, a body that cannot be read."""
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    detail = error.detail if error.detail != phrase else _DETAILS.get(error.status_code, phrase)
    return ProblemError(error.status_code, code, detail, headers=error.headers)


_DETAILS = {
    404: "there is nothing at this address; /docs lists what there is",
    405: "this address does not take that method; see the Allow header",
}


def _from_validation(error: RequestValidationError) -> ProblemError:
    faults = [_fault(found) for found in error.errors()[:FIELD_ERRORS_MAX]]
    first = faults[0]
    where = f"{first['field']}: " if first["field"] else ""
    return ProblemError(422, "invalid", where + first["problem"], errors=faults)


def _fault(found: Mapping[str, Any]) -> dict[str, str]:
    """One fault of a request: the field, what is wrong with it, and the remedy in the words."""
    context = found.get("ctx") or {}
    kind, place = found["type"], _place(found["loc"])
    if kind == "unknown_field":
        field = ".".join(part for part in (place, str(context["field"])) if part)
        return {"field": field, "problem": str(found["msg"])}
    if kind == "json_invalid":
        problem = f"the body is not JSON: {context.get('error', 'it ends too early')}"
        return {"field": "", "problem": problem}
    if kind == "missing":
        what = "a JSON object is needed" if not place else "is missing: it is needed here"
        return {"field": place, "problem": what}
    if kind == "model_attributes_type" and not place:
        problem = "the body must be a JSON object, sent as Content-Type: application/json"
        return {"field": "", "problem": problem}
    message = str(found["msg"]).removeprefix("Value error, ")
    return {"field": place, "problem": message[:1].lower() + message[1:]}


def _place(where: Sequence[Any]) -> str:
    parts = [str(part) for part in where]
    if parts and parts[0] in _HIDDEN_PLACES:
        parts = parts[1:]
    return ".".join(parts)


def _database_away(error: Exception) -> ProblemError:
    log.warning("postgres is away", reason=type(error).__name__)
    return unavailable("database_away", "the database cannot be reached just now; try again")


def _busy(error: Exception) -> ProblemError:
    log.warning("gave up waiting for a lock", reason=type(error).__name__)
    return unavailable("busy", "somebody else is working on the same ticket; try again")


def _unexpected(error: Exception) -> ProblemError:
    log.error("request failed", exc_info=error)
    return ProblemError(
        500, "unexpected", "something went wrong on our side; it has been logged, try again"
    )
