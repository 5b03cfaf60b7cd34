"""What should I do next: asked, or taken in the same breath."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from router.caller import Caller, Reader, Writer
from router.commands import decide_within
from router.context import Context, Here
from router.described import READING, WRITING, refusals
from router.limits import NEXT_TRIES
from router.queries.next_ticket import Seeker, first_waiting, pick, seeker_of
from router.queries.tickets import notice_counts
from router.requests import NothingBody
from router.responses.next_ticket import Next, NextClaimed
from router.transactions import write
from router.views import event_view, ticket_row, ticket_view, with_snapshots
from tierline.domain.commands import Claim
from tierline.domain.snapshot import nearest
from tierline.domain.ticket import Ticket
from tierline.store.tickets import Connection
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer, Given, once
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

router = APIRouter(tags=["tickets"])


@router.get("/v1/next", response_model=Next, responses=refusals(*READING))
async def next_ticket(context: Here, principal: Reader) -> Response:
    """The most pressing ticket that waits in your groups and fits your skills, and why it is."""
    _somebody(principal)
    async with context.db.connection() as connection:
        seeker = await seeker_of(connection, principal, context.source.current)
        ticket, waiting = await first_waiting(connection, seeker)
    row = None if ticket is None else ticket_row(ticket)
    why = _nothing(seeker) if ticket is None else _why(ticket, seeker, waiting)
    return json_response({"ticket": row, "why": why, "waiting": waiting})


@router.post("/v1/next", response_model=NextClaimed, responses=refusals(*WRITING))
async def claim_next(context: Here, caller: Writer, body: NothingBody | None = None) -> Response:
    """Claim it. Of two who ask at once each gets another one."""
    _somebody(caller.principal)
    names = await context.people.names()

    async def work(connection: Connection) -> Given:
        attempt = caller.attempt(body or NothingBody())
        return await once(connection, attempt, lambda: _claimed(context, connection, caller, names))

    return (await write(context, work)).response()


def _somebody(principal: Principal) -> None:
    if not principal.login:
        raise ProblemError(422, "invalid", "this token is nobody's: ask with a person's")


async def _claimed(context: Context, connection: Connection, caller: Caller, names: Any) -> Answer:
    principal = caller.principal
    seeker = await seeker_of(connection, principal, context.source.current)
    passed: list[int] = []
    for _ in range(NEXT_TRIES):
        number = await pick(connection, seeker, passed)
        if number is None:
            break
        claim = Claim(principal.login)
        done = await decide_within(
            context, connection, number, claim, principal.asker, caller.cause
        )
        if done.decision.rejected is None:
            ticket, calendars = done.decision.ticket, context.source.current.calendars
            counts = await notice_counts(connection, number)
            events = with_snapshots(done.before, done.decision.events)
            return Answer.of(
                200,
                {
                    "ticket": ticket_view(ticket, principal, done.now, calendars, counts),
                    "events": [event_view(event, names) for event in events],
                    "why": _why(done.before, seeker),
                },
            )
        passed.append(number)
    return Answer.of(200, {"ticket": None, "events": [], "why": _nothing(seeker)})


def _why(ticket: Ticket, seeker: Seeker, waiting: int = 0) -> str:
    """Why it comes first, in a sentence."""
    among = f" of {waiting} that wait" if waiting > 1 else ""
    where = f"in {_either(seeker.groups)}"
    if ticket.offered_to == seeker.login:
        return f"It is offered to you, and comes first{among} {where}."
    reasons = [ticket.priority.value]
    if ticket.claim_ended:
        reasons.append(f"back in the queue ({ticket.claim_ended})")
    promise = nearest(ticket)[0]
    if promise is not None:
        reasons.append(f"{promise.clock} promised for {promise.due:%Y-%m-%d %H:%M} UTC")
    reasons.append(f"open since {ticket.opened_at:%Y-%m-%d %H:%M} UTC")
    return f"The most pressing{among} {where}: {', '.join(reasons)}."


def _nothing(seeker: Seeker) -> str:
    if not seeker.groups:
        return "You are in no group of the policy, so nothing waits for you."
    fits = " that fits your skills" if seeker.skills else ""
    return f"Nothing{fits} waits unclaimed in {_either(seeker.groups)}."


def _either(groups: tuple[str, ...]) -> str:
    return " or ".join(groups) or "no group"
