"""Policy time: read by everybody, moved on a development stack, never backwards."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from router.caller import Anybody, ClockWriter
from router.context import Context, Here
from router.described import READING, WRITING, refusals
from router.policy_clock import move_clock, read_clock
from router.requests import ClockBody
from router.responses.board import PolicyTime
from router.transactions import write
from tierline.store.replays import running_replay
from tierline.store.tickets import Connection
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer, Given, once
from tierline.web.problems import ProblemError

router = APIRouter(tags=["clock"])


@router.get("/v1/clock", response_model=PolicyTime, responses=refusals(*READING))
async def clock(
    context: Here,
    _: Anybody,
) -> Response:
    """What policy time it is, how fast it runs, what holds it, and what time it really is."""
    async with context.db.connection() as connection:
        found = await read_clock(connection)
        replay = await running_replay(connection) if found["held"] else None
    return json_response({**found, "development": context.development, "replay": replay})


@router.post("/v1/clock", response_model=PolicyTime, responses=refusals(*WRITING))
async def set_clock(
    body: ClockBody,
    context: Here,
    caller: ClockWriter,
) -> Response:
    """Speed policy time up or down, jump it forward, hold it or let it run: one at a time."""
    if not context.development:
        raise ProblemError(
            403, "not_development", "policy time is real here; only a development stack moves it"
        )
    if len(body.model_fields_set) != 1:
        raise ProblemError(422, "invalid", "name exactly one of speed, jump_s and held")

    async def move(connection: Connection) -> Answer:
        found = await move_clock(connection, body)
        return Answer.of(200, {**found, "development": context.development})

    async def work(connection: Connection) -> Given:
        return await once(connection, caller.attempt(body), lambda: move(connection))

    given = await write(context, work)
    await _tell(context)
    return given.response()


async def _tell(context: Context) -> None:
    async with context.db.connection() as connection:
        found: dict[str, Any] = await read_clock(connection)
    data = {name: found[name] for name in ("now", "speed", "held")}
    context.hub.publish({"event": "clock", "data": data})
