"""Known errors: problems whose cause is known, and what helps until it is gone."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from router.caller import Reader
from router.context import Here
from router.described import READING, refusals
from router.queries.together import known_errors
from router.responses.together import KnownErrors
from router.views_together import known_error_view
from tierline.web.bodies import Line
from tierline.web.encoding import json_response

router = APIRouter(tags=["tickets"])


@router.get("/v1/known-errors", response_model=KnownErrors, responses=refusals(*READING))
async def known(
    context: Here,
    principal: Reader,
    client: Annotated[Line, Query(description="Only those of this client.")] = "",
) -> Response:
    """Open problems whose cause and workaround are known, by client."""
    async with context.db.connection() as connection:
        found = await known_errors(connection, principal, client)
    return json_response({"items": [known_error_view(one) for one in found]})
