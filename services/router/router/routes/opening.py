"""A ticket opened by a person or an integration: the phone form, the API."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from router.caller import Caller, Writer
from router.commands import COMMANDS
from router.context import Context, Here
from router.described import WRITING, refusals
from router.places import groups_for
from router.queries.records import ClientFacts, client_facts, client_names
from router.queries.tickets import NOTICE_STATES
from router.requests import OpenBody
from router.responses.tickets import Ticket
from router.transactions import write
from router.views import ticket_view
from tierline.domain.commands import Open
from tierline.domain.decide import decide_open
from tierline.domain.policy import Policy
from tierline.domain.terms import TicketType
from tierline.domain.ticket import Requester
from tierline.store.tickets import (
    Change,
    Connection,
    TooLargeError,
    draw_numbers,
    policy_now,
    write_changes,
)
from tierline.web.bodies import closest
from tierline.web.idempotency import Answer, Given, once
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import may_see

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
    facts = await _facts(connection, body, principal)
    _check_start(body.start, policy, body.client)
    (number,) = await draw_numbers(connection, 1)
    now = await policy_now(connection)
    command = _command(number, body, facts, principal, now)
    decision = decide_open(
        command, principal.asker, policy, context.floor.current, now, cause=caller.cause
    )
    await write_changes(connection, [Change(None, decision.ticket, decision.events)])
    COMMANDS.labels("open", "done").inc()
    none = dict.fromkeys(NOTICE_STATES, 0)
    shown = ticket_view(decision.ticket, principal, now, policy.calendars, none)
    return Answer.of(201, shown, location=f"/v1/tickets/{number}")


async def _facts(connection: Connection, body: OpenBody, principal: Principal) -> ClientFacts:
    facts = await client_facts(
        connection,
        body.client,
        host=body.host,
        name=body.requester.name,
        email=body.requester.email,
    )
    if facts is not None and may_see(principal, body.client):
        return facts
    meant = closest(body.client, await client_names(connection, principal))
    remedy = f"did you mean {meant}?" if meant else "/v1/policy lists the clients"
    raise ProblemError(422, "unknown_client", f"client: there is no {body.client}; {remedy}")


def _check_start(start: str, policy: Policy, client: str) -> None:
    known = [
        *groups_for(policy, client),
        *(tier for tier in policy.tiers if policy.groups_of(tier)),
    ]
    if not start or start in known:
        return
    meant = closest(start, known)
    remedy = f"did you mean {meant}?" if meant else f"one of: {', '.join(known)}"
    raise ProblemError(422, "unknown_start", f"start: no group or tier is called {start}; {remedy}")


def _command(
    number: int, body: OpenBody, facts: ClientFacts, principal: Principal, now: Any
) -> Open:
    return Open(
        id=number,
        type=TicketType(body.type),
        title=body.title,
        client=body.client,
        agreement=facts.agreement,
        accepted_at=now,
        facts={"device": facts.device} if facts.device else {},
        body=body.body,
        site=body.site or facts.site,
        host=body.host,
        service=body.service,
        category=body.category,
        source="api" if principal.kind == "token" else "phone",
        requester=Requester(body.requester.name, body.requester.email),
        impact=body.impact,
        urgency=body.urgency,
        vip=facts.vip,
        record=facts.record,
        mode=facts.mode,
        priority=body.priority,
        start=body.start,
        desk_owner=principal.login,
        spoken_to=body.spoken_to,
    )
