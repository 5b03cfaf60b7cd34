"""Storms: those that go on, one with its tickets, and the decision."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from router.caller import Reader, Writer
from router.commands import refusal
from router.context import Context, Here
from router.described import READING, WRITING, refusals
from router.queries.cursors import NUMBER_MAX
from router.responses.storms import StormDecision, StormDocument, Storms
from router.storms.deciding import decide_storm
from router.storms.limits import STORMS_LISTED
from router.storms.requests import DecideBody, StormsQuery
from router.storms.views import check_storm_seen, storm_list, storm_view
from router.transactions import write
from tierline.store.tickets import Connection, policy_now
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer, Given, once

router = APIRouter(tags=["storms"])

Number = Annotated[int, Path(ge=1, le=NUMBER_MAX, description="The storm's number.")]


@router.get("/v1/storms", response_model=Storms, responses=refusals(*READING))
async def storms(
    query: Annotated[StormsQuery, Query()], context: Here, principal: Reader
) -> Response:
    """The storms that go on, the newest first; with `over`, the last ones that are over too."""
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        items = await storm_list(connection, principal, now, STORMS_LISTED, over=query.over)
    return json_response({"items": items, "now": now})


@router.get("/v1/storms/{number}", response_model=StormDocument, responses=refusals(404, *READING))
async def storm(number: Number, context: Here, principal: Reader) -> Response:
    """A storm with its tickets: those that still wait, and what became of the others."""
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        return json_response(await storm_view(connection, principal, number, now))


@router.post(
    "/v1/storms/{number}/decide", response_model=StormDecision, responses=refusals(404, *WRITING)
)
async def decide(number: Number, body: DecideBody, context: Here, caller: Writer) -> Response:
    """Decide once for all that wait in it: all move, all stay, or the picked ones move."""

    async def work(connection: Connection) -> Given:
        await check_storm_seen(connection, caller.principal, number)
        attempt = caller.attempt(body)
        return await once(connection, attempt, lambda: _decided(context, connection))

    async def _decided(context: Context, connection: Connection) -> Answer:
        done, command = await decide_storm(context, connection, number, body, caller)
        if done.decision.rejected is not None:
            problem = refusal(done.decision.rejected)
            return Answer.of(problem["status"], problem)
        return Answer.of(
            200,
            {
                "number": number,
                "moved": command.moved,
                "kept": command.kept,
                "decided_on": done.before.id,
            },
        )

    return (await write(context, work)).response()
