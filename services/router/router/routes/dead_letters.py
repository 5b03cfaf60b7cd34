"""What could not be processed: listed, and sent on its way again."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from router.caller import Administrator, AdminWriter, every_client
from router.context import Here
from router.described import READING, WRITING, refusals
from router.limits import DEAD_LETTER_SHOWN
from router.queries.cursors import NUMBER_MAX, RowNumber, decode_cursor, encode_cursor
from router.replay import replay
from router.requests import PageQuery
from router.responses.notices import DeadLetter, DeadLetterPage
from router.transactions import write
from tierline.store.tickets import Connection
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer, Given, once

router = APIRouter(tags=["dead letters"])

COLUMNS = (
    "id, source, key, reason, at, replayed_at, length(body) AS bytes,"
    f" substring(body FOR {DEAD_LETTER_SHOWN}) AS body"
)


@router.get("/v1/dead-letters", response_model=DeadLetterPage, responses=refusals(*READING))
async def dead_letters(
    query: Annotated[PageQuery, Query()],
    context: Here,
    principal: Administrator,
) -> Response:
    """What could not be processed, with the reason; the newest first."""
    every_client(principal)
    below = decode_cursor(query.cursor, "dead", tuple[RowNumber])[0] if query.cursor else None
    async with context.db.connection() as connection:
        rows = await connection.fetch(
            f"SELECT {COLUMNS} FROM tierline.dead_letter"
            " WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
            below,
            query.limit + 1,
        )
    page = rows[: query.limit]
    cursor = encode_cursor("dead", page[-1]["id"]) if len(rows) > query.limit else None
    return json_response({"items": [_shown(row) for row in page], "next_cursor": cursor})


@router.post(
    "/v1/dead-letters/{id}/replay",
    response_model=DeadLetter,
    responses=refusals(404, *WRITING),
)
async def replay_dead_letter(
    id: Annotated[int, Path(ge=1, le=NUMBER_MAX)],  # noqa: A002 - as in the address
    context: Here,
    caller: AdminWriter,
) -> Response:
    """Send it on its way again; what was done before is not done twice."""
    every_client(caller.principal)

    async def again(connection: Connection) -> Answer:
        await replay(connection, id)
        row = await connection.fetchrow(
            f"SELECT {COLUMNS} FROM tierline.dead_letter WHERE id = $1", id
        )
        return Answer.of(200, _shown(row))

    async def work(connection: Connection) -> Given:
        return await once(connection, caller.attempt(), lambda: again(connection))

    return (await write(context, work)).response()


def _shown(row: Any) -> dict[str, Any]:
    return {**dict(row), "body": row["body"].decode(errors="replace")}
