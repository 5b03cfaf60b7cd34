"""The API's description (OpenAPI 3.1), its problems included."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from router.responses.problem import Problem
from tierline.web.problems import MEDIA_TYPE

_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_MEANINGS = {
    400: "The body could not be read.",
    401: "No valid credential.",
    403: "Not with this credential, or a lead's to decide.",
    404: "There is no such thing, or it is behind a wall.",
    409: "Not now: `code` says why, `place` where the ticket is.",
    412: "It is not what it was when you read it: read it again.",
    413: "The body is too large.",
    415: "The body is of a kind that is not taken here.",
    422: "Something in the request is wrong: `errors` names the fields.",
    428: "Say which version you mean: send If-Match.",
    429: "Too many tries; Retry-After says when to come back.",
    500: "Our fault; it has been logged.",
    503: "Try again after Retry-After seconds.",
}
READING = (401, 403, 422, 500, 503)
WRITING = (400, 401, 403, 409, 413, 422, 500, 503)

ABOUT = """\
Tickets, their timeline, their commands, notices, records, the board, policy time and a live stream.

Send `Authorization: Bearer <API token or session>` with every request; only `POST /v1/sessions`,
this description and the health addresses do without. Instants are RFC 3339 in UTC. Errors are
RFC 9457 problem documents whose `code` is stable. A write may carry an `Idempotency-Key`: sent
again with the same request it gets the first answer, marked `Idempotent-Replay: true`.
"""


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: each of these statuses as a problem document."""
    return {
        status: {
            "description": _MEANINGS[status],
            "content": {MEDIA_TYPE: {"schema": _REFERENCE}},
        }
        for status in sorted(statuses)
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `app`, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=ABOUT,
            routes=app.routes,
            openapi_version=app.openapi_version,
        )
        _, found = models_json_schema(
            [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
        )
        document["components"]["schemas"].update(found["$defs"])
        app.openapi_schema = document
    return app.openapi_schema
