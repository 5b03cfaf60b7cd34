"""Reading tickets: lists, one, its timeline, its notices."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from router.caller import NoticeReader, Reader
from router.commands import check_visible
from router.context import Here
from router.described import READING, refusals
from router.queries import notices as told
from router.queries.cursors import NUMBER_MAX
from router.queries.tickets import OPEN_STATES, Wanted, list_tickets, notice_counts
from router.queries.together import known_for, seen
from router.requests import EventQuery, TicketQuery
from router.responses.events import Events
from router.responses.notices import Notices
from router.responses.tickets import TicketPage
from router.responses.together import TicketBeside
from router.views import event_view, ticket_row, ticket_view
from router.views_together import beside
from tierline.messages.events import decode_event
from tierline.store.events import timeline
from tierline.store.tickets import policy_now, read_ticket
from tierline.web.encoding import json_response
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import no_such_ticket, sees, sight_of

router = APIRouter(tags=["tickets"])

Number = Annotated[int, Path(ge=1, le=NUMBER_MAX, description="The ticket's number.")]


@router.get("/v1/tickets", response_model=TicketPage, responses=refusals(*READING))
async def tickets(
    query: Annotated[TicketQuery, Query()],
    context: Here,
    principal: Reader,
) -> Response:
    """List tickets: by default the open ones, the soonest promise first.

    A parameter may be repeated: any of its values.
    """
    wanted = Wanted(
        sight=sight_of(principal),
        states=tuple(query.state) or OPEN_STATES,
        tiers=tuple(query.tier),
        groups=tuple(query.group),
        owners=tuple(_owner(owner, principal) for owner in query.owner),
        clients=tuple(query.client),
        priorities=tuple(query.priority),
        types=tuple(query.type),
        text=query.q.strip(),
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
    )
    async with context.db.connection() as connection:
        found, cursor = await list_tickets(connection, wanted)
    return json_response({"items": list(map(ticket_row, found)), "next_cursor": cursor})


def _owner(named: str, principal: Principal) -> str:
    if named == "none":
        return ""
    if named != "me":
        return named or "-"  # an empty login is nobody's, and nobody's is called none
    if not principal.login:
        raise ProblemError(422, "invalid", "owner: this token is nobody's; name a login")
    return principal.login


@router.get("/v1/tickets/{number}", response_model=TicketBeside, responses=refusals(404, *READING))
async def ticket(
    number: Number,
    context: Here,
    principal: Reader,
) -> Response:
    """One ticket, whole: with what is worked under it, and what is known to help."""
    async with context.db.connection() as connection:
        found = await read_ticket(connection, number)
        if found is None or not sees(principal, found):
            no_such_ticket(number)
        counts = await notice_counts(connection, number)
        children = await seen(connection, principal, found.major.numbers if found.major else ())
        known = await known_for(connection, principal, found)
        now = await policy_now(connection)
    calendars = context.source.current.calendars
    shown = ticket_view(found, principal, now, calendars, counts)
    return json_response({**shown, **beside(children, known)})


@router.get("/v1/tickets/{number}/events", response_model=Events, responses=refusals(404, *READING))
async def events(
    number: Number,
    query: Annotated[EventQuery, Query()],
    context: Here,
    principal: Reader,
) -> Response:
    """A ticket's timeline, in order: what, when, why, by whom."""
    names = await context.people.names()
    async with context.db.connection() as connection:
        await check_visible(connection, number, principal)
        bodies = await timeline(connection, number, after=query.after, limit=query.limit)
    items: list[dict[str, Any]] = [event_view(decode_event(body), names) for body in bodies]
    return json_response({"items": items})


@router.get(
    "/v1/tickets/{number}/notices", response_model=Notices, responses=refusals(404, *READING)
)
async def ticket_notices(
    number: Number,
    context: Here,
    principal: NoticeReader,
) -> Response:
    """Who was told of this ticket, who was not, and why; the newest first."""
    async with context.db.connection() as connection:
        await check_visible(connection, number, principal)
        return json_response({"items": await told.of_ticket(connection, number)})
