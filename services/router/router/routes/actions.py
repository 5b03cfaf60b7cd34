"""Open actions across tickets; the root cause analysis; handing what is left to a problem."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from router.caller import Caller, Reader, Writer
from router.commands import check_visible, refusals
from router.context import Context, Here
from router.described import READING, WRITING
from router.described import refusals as refused_with
from router.handing import hand_to_problem
from router.limits import RCA_EVENTS_MAX
from router.oversight import ToProblemBody
from router.queries.actions import Wanted, list_actions
from router.queries.together import seen
from router.rca_view import entries, rca_view
from router.requests import ActionQuery
from router.responses.events import Commanded
from router.responses.oversight import ActionPage, RcaDocument
from router.routes.commands import answer_of
from router.routes.tickets import Number
from router.transactions import write
from tierline.domain.rca import Rca
from tierline.domain.terms import TicketType
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage, decode_event
from tierline.store.events import timeline
from tierline.store.tickets import Connection, policy_now, read_ticket
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer, Given, once
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import no_such_ticket, sees, sight_of

router = APIRouter(tags=["actions"])


@router.get("/v1/actions", response_model=ActionPage, responses=refused_with(*READING))
async def actions(
    query: Annotated[ActionQuery, Query()],
    context: Here,
    principal: Reader,
) -> Response:
    """List open actions, the first to be due on top: mine, somebody's, all; or those overdue."""
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        wanted = Wanted(
            sight=sight_of(principal),
            owner=_owner(query.owner, principal),
            client=query.client or None,
            due_by=now if query.overdue else None,
            limit=query.limit,
            cursor=query.cursor,
        )
        items, cursor = await list_actions(connection, wanted, now)
    return json_response({"items": items, "now": now, "next_cursor": cursor})


def _owner(named: str, principal: Principal) -> str | None:
    if named == "all":
        return None
    if named != "me":
        return named
    if not principal.login:
        raise ProblemError(422, "invalid", "owner: this token is nobody's; name a login, or all")
    return principal.login


@router.get(
    "/v1/tickets/{number}/rca", response_model=RcaDocument, responses=refused_with(404, *READING)
)
async def rca(
    number: Number,
    context: Here,
    principal: Reader,
) -> Response:
    """The root cause analysis: what was found, the timeline, actions; and as Markdown."""
    names = await context.people.names()
    async with context.db.connection() as connection:
        ticket = await read_ticket(connection, number)
        if ticket is None or not sees(principal, ticket):
            no_such_ticket(number)
        if ticket.rca is None and ticket.type is not TicketType.PROBLEM:
            raise ProblemError(404, "no_rca", f"ticket {number} has no root cause analysis")
        about = await _explained(connection, ticket, principal)
        messages, more = await _messages(connection, about)
    comments = ticket.rca.comments if ticket.rca else {}
    numbers = [one.id for one in about]
    return json_response(rca_view(ticket, entries(messages, comments, names), numbers, more))


async def _explained(connection: Connection, ticket: Ticket, principal: Principal) -> list[Ticket]:
    """The tickets that the analysis explains and that `principal` may see."""
    analysis = ticket.rca or Rca(None, ticket.opened_at)
    behind = ticket.finding.tickets if ticket.finding else ()
    numbers = tuple(dict.fromkeys((*analysis.about, *ticket.linked, *behind)))
    found = {one.id: one for one in await seen(connection, principal, numbers)}
    return [found[number] for number in numbers if number in found]


async def _messages(
    connection: Connection, about: Sequence[Ticket]
) -> tuple[list[TicketMessage], int]:
    """The events of those tickets, RCA_EVENTS_MAX at most, and how many are left out."""
    found: list[TicketMessage] = []
    for one in about:
        room = RCA_EVENTS_MAX - len(found)
        bodies = await timeline(connection, one.id, after=0, limit=room) if room else []
        found += [decode_event(body) for body in bodies]
    return found, max(0, sum(one.seq for one in about) - len(found))


@router.post(
    "/v1/tickets/{number}/to-problem",
    response_model=Commanded,
    responses=refused_with(404, *WRITING),
    operation_id="to_problem_ticket",
)
async def to_problem(
    number: Number,
    context: Here,
    caller: Writer,
    body: ToProblemBody,
) -> Response:
    """Let a problem carry on with the open actions and the analysis owed: then this may close."""
    given = await _hand(context, caller, number, body)
    return given.response()


async def _hand(context: Context, caller: Caller, number: int, body: ToProblemBody) -> Given:
    principal = caller.principal
    names = await context.people.names()

    async def work(connection: Connection) -> Given:
        client = await check_visible(connection, number, principal)
        return await once(connection, caller.attempt(body), lambda: handed(connection, client))

    async def handed(connection: Connection, client: str) -> Answer:
        done = await hand_to_problem(context, connection, number, body.problem, client, caller)
        return await answer_of(context, connection, principal, done, names)

    async with refusals(context, number):
        return await write(context, work)
