"""Notices across tickets."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from router.caller import NoticeReader
from router.context import Here
from router.described import READING, refusals
from router.queries.notices import across_tickets
from router.requests import NoticeQuery
from router.responses.notices import NoticePage
from tierline.web.encoding import json_response
from tierline.web.walls import sight_of

router = APIRouter(tags=["notices"])


@router.get("/v1/notices", response_model=NoticePage, responses=refusals(*READING))
async def notices(
    query: Annotated[NoticeQuery, Query()],
    context: Here,
    principal: NoticeReader,
) -> Response:
    """Who was told of what, the newest first."""
    async with context.db.connection() as connection:
        items, cursor = await across_tickets(
            connection,
            sight_of(principal),
            states=query.state,
            limit=query.limit,
            cursor=query.cursor,
        )
    return json_response({"items": items, "next_cursor": cursor})
