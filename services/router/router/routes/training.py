"""Training: what there is to teach, for which session, what was made of it; guides of a ticket."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from router.caller import Reader, Writer
from router.context import Here
from router.described import READING, WRITING, refusals
from router.queries.cursors import NUMBER_MAX
from router.report_views import training_view
from router.responses.training import Guides, Marked, Training
from router.routes.tickets import Number
from router.transactions import write
from tierline.reports.guides import guides_for
from tierline.reports.training import OPEN, PLANNED, Mark, mark_item, read_training_page
from tierline.reports.week import local_day
from tierline.store.tickets import Connection, policy_now, read_ticket
from tierline.web.bodies import Line, Reason, Strict, closest
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer, Given, once
from tierline.web.problems import ProblemError
from tierline.web.walls import no_such_ticket, sees, sight_of, walled_to

router = APIRouter(tags=["training"])

State = Literal["open", "planned", "done"]
Seq = Annotated[int, Path(ge=1, le=2**31 - 1, description="The event that resolved it.")]
Ticket = Annotated[int, Path(ge=1, le=NUMBER_MAX, description="The ticket's number.")]


class MarkBody(Strict):
    """What is made of an item: planned for the next session, done in one, or open again."""

    state: State
    note: Annotated[Reason, Field(description="Who teaches it, or what came of it.")] = ""


@router.get("/v1/training", response_model=Training, responses=refusals(404, *READING))
async def training(
    context: Here,
    principal: Reader,
    tier: Annotated[Line, Query(description="Items that came from this tier alone.")] = "",
    state: Annotated[
        list[State] | None, Query(description="May be repeated; open and planned, if left out.")
    ] = None,
) -> Response:
    """What there is to teach each tier, the newest first, and when its next session is.

    Made of what people resolved in the last 180 days: the newest 1,000 tickets, of which 200 that
    had been handed up are judged; `more` says where there were others.
    """
    policy = context.source.current
    if tier and tier not in policy.tiers:
        meant = closest(tier, list(policy.tiers))
        remedy = f"did you mean {meant}?" if meant else f"one of: {', '.join(policy.tiers)}"
        raise ProblemError(404, "no_such_tier", f"tier: there is no {tier}; {remedy}")
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        page = await read_training_page(
            connection,
            policy,
            now,
            sight=sight_of(principal),
            tier=tier,
            states=state or (OPEN, PLANNED),
        )
    return json_response(training_view(page))


@router.post(
    "/v1/training/{ticket}/{seq}", response_model=Marked, responses=refusals(404, *WRITING)
)
async def mark(ticket: Ticket, seq: Seq, body: MarkBody, context: Here, caller: Writer) -> Response:
    """Say what is made of an item. Leads and managers do."""
    principal = caller.principal
    if not principal.asker.leads:
        raise ProblemError(403, "lead_decides", "training is a lead's to plan: ask one of them")

    async def make(connection: Connection) -> Answer:
        now = await policy_now(connection)
        by = principal.login or principal.name
        made = Mark(body.state, by, now, body.note)
        sight = sight_of(principal)
        if not await mark_item(connection, ticket, seq, made, sight=sight):
            raise ProblemError(404, "no_such_item", f"there is no item {ticket}/{seq}")
        said = {"ticket": ticket, "seq": seq, "state": body.state, "by": by, "at": now}
        return Answer.of(200, {**said, "note": body.note})

    async def work(connection: Connection) -> Given:
        return await once(connection, caller.attempt(body), lambda: make(connection))

    return (await write(context, work)).response()


@router.get("/v1/tickets/{number}/guides", response_model=Guides, responses=refusals(404, *READING))
async def guides(number: Number, context: Here, principal: Reader) -> Response:
    """The guides for a ticket's category; none for who is walled in: they are ours alone."""
    async with context.db.connection() as connection:
        found = await read_ticket(connection, number)
        if found is None or not sees(principal, found):
            no_such_ticket(number)
        today = local_day(context.source.current.letters.zone, await policy_now(connection))
        category = found.category if walled_to(principal) is None else ""
        items = await guides_for(connection, category, today)
    return json_response({"items": items})
