"""Work that is booked, what a desk owner has to confirm, and how requesters say it was."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from router.agenda.booked import booked
from router.agenda.limits import (
    BOOKED_DAYS,
    BOOKED_DAYS_MAX,
    SURVEYED_DAYS,
    SURVEYED_DAYS_MAX,
)
from router.agenda.responses import Scheduled, Surveyed, ToConfirm
from router.agenda.surveys import surveyed
from router.agenda.to_confirm import to_confirm
from router.caller import Reader
from router.context import Here
from router.described import READING, refusals
from router.requests import Instant
from tierline.store.tickets import policy_now
from tierline.web.bodies import Line
from tierline.web.encoding import json_response
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import sight_of

router = APIRouter(tags=["agenda"])


@router.get("/v1/scheduled", response_model=Scheduled, responses=refusals(*READING))
async def scheduled(
    context: Here,
    principal: Reader,
    start: Annotated[Instant | None, Query(alias="from", description="Now, if left out.")] = None,
    until: Annotated[Instant | None, Query(description="A week later, if left out.")] = None,
    owner: Annotated[Line, Query(description="Only of this login, or `me`.")] = "",
) -> Response:
    """Tickets that are booked for a time, the earliest first, and which of them overlap."""
    async with context.db.connection() as connection:
        start = start or await policy_now(connection)
        try:
            end = until or start + BOOKED_DAYS
        except OverflowError:
            raise ProblemError(422, "out_of_range", "from: no week follows it") from None
        _check_stretch(start, end, BOOKED_DAYS_MAX)
        of = _login(owner, principal) if owner else None
        sight = sight_of(principal)
        found = await booked(connection, sight, start=start, end=end, owner=of)
    return json_response(found)


@router.get("/v1/to-confirm", response_model=ToConfirm, responses=refusals(*READING))
async def waiting_to_confirm(
    context: Here,
    principal: Reader,
    owner: Annotated[Line, Query(description="Whose: a login; `me`, if left out.")] = "me",
) -> Response:
    """Resolved tickets whose desk owner has to confirm them; what closes first on top."""
    async with context.db.connection() as connection:
        found = await to_confirm(connection, principal, _login(owner, principal))
    return json_response(found)


@router.get("/v1/surveys", response_model=Surveyed, responses=refusals(*READING))
async def surveys(
    context: Here,
    principal: Reader,
    start: Annotated[
        Instant | None, Query(alias="from", description="30 days before `until`, if left out.")
    ] = None,
    until: Annotated[Instant | None, Query(description="Now, if left out.")] = None,
) -> Response:
    """How requesters said it was, counted by the group that had the ticket."""
    async with context.db.connection() as connection:
        end = until or await policy_now(connection)
        try:
            start = start or end - SURVEYED_DAYS
        except OverflowError:
            raise ProblemError(422, "out_of_range", "until: nothing lies before it") from None
        _check_stretch(start, end, SURVEYED_DAYS_MAX)
        found = await surveyed(connection, sight_of(principal), start, end)
    return json_response(found)


def _check_stretch(start: datetime, end: datetime, longest: timedelta) -> None:
    """Raises ProblemError (422) for a stretch that is empty or too long."""
    if not start < end or end - start > longest:
        raise ProblemError(
            422, "out_of_range", f"until: name an instant within {longest.days} days after from"
        )


def _login(named: str, principal: Principal) -> str:
    if named != "me":
        return named
    if not principal.login:
        raise ProblemError(422, "invalid", "owner: this token is nobody's; name a login")
    return principal.login
