"""Many tickets put under one major incident at once."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from router.caller import Caller, Writer
from router.commands import COMMANDS, check_visible
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
from tierline.domain.decide import decide
from tierline.store.tickets import (
    Change,
    Connection,
    lock_tickets,
    policy_now,
    write_changes,
)
from tierline.web.encoding import json_response
from tierline.web.problems import ProblemError
from tierline.web.walls import no_such_ticket, sees

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
    """One step: each of `numbers` joins or is refused, in one transaction and written at once."""

    async def work(connection: Connection) -> tuple[list[Change], list[dict[str, Any]]]:
        tickets = await lock_tickets(connection, numbers)
        now = await policy_now(connection)
        policy, floor = context.source.current, context.floor.current
        changes, refused = list[Change](), list[dict[str, Any]]()
        for number in numbers:
            ticket = tickets.get(number)
            if ticket is None or not sees(caller.principal, ticket):
                refused.append(_refused(number, *_hidden(number)))
                continue
            asker, join = caller.principal.asker, JoinMajor(parent)
            done = decide(ticket, join, asker, policy, floor, now, cause=caller.cause)
            changes.append(Change(ticket, done.ticket, done.events))
            floor = floor.after(ticket, done.ticket)
            if done.rejected is not None:
                refused.append(_refused(number, done.rejected.code, done.rejected.reason))
        await write_changes(connection, changes)
        return changes, refused

    changes, refused = await write(context, work)
    for change in changes:
        context.floor.fold(change.before, change.after)
    without = {one["number"] for one in refused}
    joined = [number for number in numbers if number not in without]
    COMMANDS.labels("joinmajor", "done").inc(len(joined))
    return joined, refused


def _hidden(number: int) -> tuple[str, str]:
    """Code and reason of what is not there, or behind a wall."""
    try:
        no_such_ticket(number)
    except ProblemError as problem:
        return problem.code, problem.detail


def _refused(number: int, code: str, reason: str) -> dict[str, Any]:
    COMMANDS.labels("joinmajor", code).inc()
    return {"number": number, "code": code, "reason": reason}
