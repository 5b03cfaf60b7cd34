"""The board and the policy behind it."""

from fastapi import APIRouter
from starlette.responses import Response

from router.caller import Reader
from router.context import Here
from router.described import READING, refusals
from router.queries.board import board as counted
from router.queries.records import policy_view
from router.responses.board import Board, Policy
from tierline.store.tickets import policy_now
from tierline.web.encoding import json_response

router = APIRouter(tags=["board"])


@router.get("/v1/board", response_model=Board, responses=refusals(*READING))
async def board(
    context: Here,
    principal: Reader,
) -> Response:
    """The tiers and their groups, who is staffed, and how much waits."""
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        return json_response(await counted(connection, principal, context.source.current, now))


@router.get("/v1/policy", response_model=Policy, responses=refusals(*READING))
async def policy(
    context: Here,
    principal: Reader,
) -> Response:
    """The policy in force, and the clients and contacts the caller may see."""
    async with context.db.connection() as connection:
        return json_response(await policy_view(connection, principal, context.source.current))
