"""A ticket opened by a person or an integration: the phone form, the API."""

from fastapi import APIRouter
from starlette.responses import Response

from router.answers.approvers import who_may_approve
from router.caller import Caller, Writer
from router.commands import COMMANDS
from router.context import Context, Here
from router.described import WRITING, refusals
from router.opening import check_start, facts_for, open_command
from router.queries.tickets import NOTICE_STATES
from router.requests import OpenBody
from router.responses.tickets import Ticket
from router.transactions import write
from router.views import ticket_view
from tierline.domain.decide import decide_open
from tierline.store.tickets import (
    Change,
    Connection,
    TooLargeError,
    now_and_numbers,
    write_changes,
)
from tierline.web.idempotency import Answer, Given, once
from tierline.web.problems import ProblemError

router = APIRouter(tags=["tickets"])


@router.post("/v1/tickets", status_code=201, response_model=Ticket, responses=refusals(*WRITING))
async def open_ticket(
    body: OpenBody,
    context: Here,
    caller: Writer,
) -> Response:
    """Open a ticket. Its promises count from now; category, priority and group by the rules."""

    async def work(connection: Connection) -> Given:
        return await once(
            connection, caller.attempt(body), lambda: _open(context, connection, body, caller)
        )

    try:
        given = await write(context, work)
    except TooLargeError as error:
        raise ProblemError(413, "too_large", "the text is too long: shorten it") from error
    return given.response()


async def _open(context: Context, connection: Connection, body: OpenBody, caller: Caller) -> Answer:
    policy, principal = context.source.current, caller.principal
    facts = await facts_for(connection, body, principal)
    check_start(body.start, policy, body.client, context.floor.current.partners)
    approvers = await who_may_approve(connection, policy, body.client, facts.may_be_under)
    now, (number,) = await now_and_numbers(connection, 1)
    command = open_command(number, body, facts, principal, now, approvers)
    decision = decide_open(
        command, principal.asker, policy, context.floor.current, now, cause=caller.cause
    )
    await write_changes(connection, [Change(None, decision.ticket, decision.events)])
    context.floor.fold(None, decision.ticket)
    COMMANDS.labels("open", "done").inc()
    none = dict.fromkeys(NOTICE_STATES, 0)
    shown = ticket_view(decision.ticket, principal, now, policy.calendars, none)
    return Answer.of(201, shown, location=f"/v1/tickets/{number}")
