"""Who is on for a client at an instant."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from router.caller import Reader
from router.context import Here
from router.described import READING, refusals
from router.duty.names import read_roster
from router.duty.who import who_is_on
from router.places import named_group
from router.queries.records import client_names
from router.requests import Instant
from router.responses.schedules import WhoIsOn
from tierline.domain.instants import LAST_INSTANT, InstantError, to_us
from tierline.domain.rota.limits import HANDOVER_HORIZON
from tierline.store.schedules_read import read_schedules
from tierline.store.tickets import Connection, policy_now
from tierline.web.bodies import Line, closest
from tierline.web.encoding import json_response
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

router = APIRouter(tags=["on call"])


@router.get("/v1/on-call", response_model=WhoIsOn, responses=refusals(404, *READING))
async def on_call(
    context: Here,
    principal: Reader,
    client: Annotated[Line, Query(description="For this client; without it, all groups.")] = "",
    at: Annotated[Instant | None, Query(description="Now, if left out.")] = None,
    group: Annotated[Line, Query(description="This group alone.")] = "",
) -> Response:
    """Who is on: each group that would serve the client, who is on call, the duty manager last."""
    if group:
        named_group(context.source.current, principal, group)
    async with context.db.connection() as connection:
        when = check_instant("at", at or await policy_now(connection))
        agreement = await _agreement(connection, client, principal) if client else ""
        until = min(when + HANDOVER_HORIZON, LAST_INSTANT)
        schedules = await read_schedules(connection, when, until)
        roster = await read_roster(connection)
    found: dict[str, Any] = who_is_on(
        context.source.current,
        schedules,
        roster,
        principal,
        at=when,
        client=client,
        agreement=agreement,
        group=group,
        partners=context.floor.current.partners,
    )
    return json_response(found)


def check_instant(field: str, at: datetime) -> datetime:
    """`at`, if schedules reach it.

    Raises ProblemError (422) outside 2000 to 2100.
    """
    try:
        to_us(at)
    except InstantError as error:
        raise ProblemError(422, "invalid", f"{field}: {error}") from None
    return at


async def _agreement(connection: Connection, client: str, principal: Principal) -> str:
    names = await client_names(connection, principal)
    if client not in names:
        meant = closest(client, names)
        remedy = f"did you mean {meant}?" if meant else "/v1/policy lists the clients"
        raise ProblemError(404, "no_such_client", f"client: there is no {client}; {remedy}")
    found: str = await connection.fetchval(
        "SELECT agreement FROM tierline.client WHERE name = $1", client
    )
    return found
