"""Many tickets put under one major incident at once."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from router.caller import Caller, Writer
from router.commands import check_visible, decide_within
from router.context import Context, Here
from router.described import WRITING, refusals
from router.limits import GATHER_STEP, GATHERED_MAX
from router.queries.together import alike
from router.requests_together import GatherBody
from router.responses.together import Gathered
from router.routes.tickets import Number
from router.together import check_others
from router.transactions import write
from tierline.domain.commands import JoinMajor
from tierline.store.tickets import Connection, lock_tickets
from tierline.web.encoding import json_response
from tierline.web.problems import ProblemError

router = APIRouter(tags=["commands"])


@router.post(
    "/v1/tickets/{number}/gather",
    response_model=Gathered,
    responses=refusals(404, *WRITING),
    operation_id="gather_tickets",
)
async def gather(number: Number, body: GatherBody, context: Here, caller: Writer) -> Response:
    """Put many tickets under this major incident: those named, or all open ones that are alike.

    Each joins by itself; what cannot is listed with the reason. Done again, it changes nothing.
    """
    principal = caller.principal
    async with context.db.connection() as connection:
        await check_visible(connection, number, principal)
        await check_others(connection, JoinMajor(number), principal)
        wanted = body.tickets or await alike(
            connection,
            principal,
            number,
            clients=body.client,
            categories=body.category,
            sites=body.site,
            text=body.q,
        )
    if len(wanted) > GATHERED_MAX:
        raise ProblemError(
            422, "too_many", f"more than {GATHERED_MAX} tickets are alike: say it more closely"
        )
    if body.preview:
        return json_response({"tickets": wanted, "joined": [], "refused": []})
    joined: list[int] = []
    refused: list[dict[str, Any]] = []
    wanted = sorted(set(wanted))
    for start in range(0, len(wanted), GATHER_STEP):
        done = await _join(context, caller, number, wanted[start : start + GATHER_STEP])
        joined += done[0]
        refused += done[1]
    return json_response({"tickets": wanted, "joined": joined, "refused": refused})


async def _join(
    context: Context, caller: Caller, parent: int, numbers: Sequence[int]
) -> tuple[list[int], list[dict[str, Any]]]:
    """One step: each of `numbers` joins or is refused, in one transaction."""

    async def work(connection: Connection) -> tuple[list[int], list[dict[str, Any]]]:
        joined: list[int] = []
        refused: list[dict[str, Any]] = []
        await lock_tickets(connection, numbers)
        for number in numbers:
            try:
                await check_visible(connection, number, caller.principal)
                done = await decide_within(
                    context,
                    connection,
                    number,
                    JoinMajor(parent),
                    caller.principal.asker,
                    caller.cause,
                )
            except ProblemError as problem:
                refused.append({"number": number, "code": problem.code, "reason": problem.detail})
                continue
            said = done.decision.rejected
            if said is None:
                joined.append(number)
            else:
                refused.append({"number": number, "code": said.code, "reason": said.reason})
        return joined, refused

    return await write(context, work)
