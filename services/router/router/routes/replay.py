"""The replay of a recorded log: its commands, and how far time may pass; on development only."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from router.caller import Anybody, ReplayWriter
from router.context import Context, Here
from router.described import READING, WRITING, refusals
from router.recorded.batch import record, running
from router.recorded.reading import read
from router.requests import RecordedBody, ReplayTimeBody
from router.responses.replay import RecordedAnswers, ReplayShown, ReplayTime
from router.transactions import write
from tierline.store.replays import Replay, end_replay, let_pass, read_replay
from tierline.store.tickets import Connection, policy_now
from tierline.web.encoding import json_response
from tierline.web.problems import ProblemError

router = APIRouter(tags=["replay"])


@router.get("/v1/replay", response_model=ReplayShown, responses=refusals(404, *READING))
async def replay(context: Here, _: Anybody) -> Response:
    """The replay of this database, running or ended; 404 where there never was one."""
    async with context.db.connection() as connection:
        found = await read_replay(connection)
        now = await policy_now(connection)
    if found is None:
        raise ProblemError(404, "no_replay", "there is no replay in this database")
    return json_response(_shown(found, now))


def _shown(found: Replay, now: datetime) -> dict[str, Any]:
    return {
        "name": found.name,
        "running": found.ended_at is None,
        "start_at": found.start_at,
        "end_at": found.end_at,
        "began_at": found.began_at,
        "ended_at": found.ended_at,
        "now": now,
    }


@router.post("/v1/replay/commands", response_model=RecordedAnswers, responses=refusals(*WRITING))
async def commands(body: RecordedBody, context: Here, caller: ReplayWriter) -> Response:
    """Do commands of a recorded log, each at its own instant, together in one transaction.

    Commands of one case stand in their order. Each has its own answer, also where it is refused;
    a key that was answered before gets that answer again. `at` lies inside the log's span, not
    before held policy time, and not before the last recorded instant of its ticket.
    """
    _on_development_only(context)
    asked = [read(said, caller.principal) for said in body.commands]

    async def work(connection: Connection) -> list[dict[str, Any]]:
        return await record(context, connection, caller.principal, asked)

    answers = await write(context, work, recorded=True)
    return json_response({"answers": answers})


@router.post("/v1/replay/time", response_model=ReplayTime, responses=refusals(*WRITING))
async def time(body: ReplayTimeBody, context: Here, _: ReplayWriter) -> Response:
    """Let time pass up to the earliest instant that is not recorded yet; never back."""
    _on_development_only(context)

    async def work(connection: Connection) -> datetime:
        now = await let_pass(connection, body.to)
        if now is None:
            await running(connection)
            raise ProblemError(409, "not_held", "policy time is not held: a replay holds it")
        return now

    return json_response({"now": await write(context, work, recorded=True)})


@router.post("/v1/replay/end", response_model=ReplayShown, responses=refusals(*WRITING))
async def end(context: Here, _: ReplayWriter) -> Response:
    """End the replay, once policy time stands at the log's end; others may write again."""
    _on_development_only(context)

    async def work(connection: Connection) -> dict[str, Any]:
        ended = await end_replay(connection)
        found = await read_replay(connection)
        if found is None or (not ended and found.ended_at is None):
            await running(connection)
            raise ProblemError(
                409, "not_at_end", "policy time has not come to the log's end: let it pass first"
            )
        return _shown(found, await policy_now(connection))

    return json_response(await write(context, work, recorded=True))


def _on_development_only(context: Context) -> None:
    if not context.development:
        raise ProblemError(
            403, "not_development", "a recorded log is replayed on a development stack only"
        )
