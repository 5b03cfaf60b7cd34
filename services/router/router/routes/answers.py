"""The question of a link from a mail, and its answer. The link is the credential, and no other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from fastapi import APIRouter
from starlette.responses import Response

from router.answers.requests import AnswerBody
from router.answers.responses import HowWasIt, Question
from router.answers.views import approval_view, survey_view
from router.caller import Answerer, Guest
from router.commands import decide_within, refusal, refusals, status_of
from router.context import Here
from router.described import READING, WRITING
from router.described import refusals as refused_with
from router.transactions import write
from tierline.domain.commands import AnswerApproval, AnswerSurvey, Asker
from tierline.domain.events import Actor
from tierline.domain.handlers.approvals import CONTACT
from tierline.domain.terms import Answer, Score
from tierline.domain.ticket import Ticket
from tierline.store.tickets import Connection, policy_now, read_ticket
from tierline.web.answer_links import AnswerLink, Purpose
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer as Reply
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

router = APIRouter(tags=["answers"])

APPROVALS: Mapping[str, Answer] = {"approve": Answer.APPROVED, "refuse": Answer.REFUSED}


@router.get("/v1/answer", response_model=Question | HowWasIt, responses=refused_with(404, *READING))
async def question(context: Here, guest: Guest) -> Response:
    """What the link asks, of whom, until when, and whether it is still open."""
    link = _link(guest)
    names = await context.people.names()
    async with context.db.connection() as connection:
        ticket = await read_ticket(connection, link.ticket)
        now = await policy_now(connection)
    return json_response(_shown(ticket, link, now, names))


@router.post(
    "/v1/answer", response_model=Question | HowWasIt, responses=refused_with(404, *WRITING)
)
async def answer(body: AnswerBody, context: Here, caller: Answerer) -> Response:
    """Answer it: once, as long as it is open. Looking at it changes nothing, sending this does."""
    link = _link(caller.principal)
    command = _command(link, body)
    names = await context.people.names()

    async def work(connection: Connection) -> Reply:
        ticket = await read_ticket(connection, link.ticket)
        if ticket is None:
            _gone()
        _shown(ticket, link, ticket.recorded_at, names)
        cause = f"link/{link.purpose}/{link.ticket}/{link.seq}"
        asker = Asker(Actor(CONTACT, _who(ticket, link)))
        done = await decide_within(context, connection, link.ticket, command, asker, cause)
        refused = done.decision.rejected
        if refused is not None:
            return Reply.of(status_of(refused), _unplaced(refusal(refused)))
        return Reply.of(200, _shown(done.decision.ticket, link, done.now, names))

    async with refusals(context, link.ticket):
        given = await write(context, work)
    return given.response()


def _command(link: AnswerLink, body: AnswerBody) -> AnswerApproval | AnswerSurvey:
    """What the domain is asked. Raises ProblemError (422) for an answer to another question."""
    if link.purpose is Purpose.APPROVAL and body.answer in APPROVALS:
        return AnswerApproval(APPROVALS[body.answer], word=body.word, id=link.seq)
    if link.purpose is Purpose.SURVEY and body.answer in set(Score):
        return AnswerSurvey(Score(body.answer), link.seq, body.word)
    known = APPROVALS if link.purpose is Purpose.APPROVAL else list(Score)
    raise ProblemError(422, "unknown_answer", f"answer must be one of: {', '.join(known)}")


def _shown(
    ticket: Ticket | None, link: AnswerLink, now: datetime, names: Mapping[str, str]
) -> dict[str, Any]:
    """What the link asks. Raises the 404 of what is not asked any more."""
    view = None
    if ticket is not None and link.purpose is Purpose.APPROVAL:
        view = approval_view(ticket, link.seq, now, names)
    elif ticket is not None:
        view = survey_view(ticket, link.seq, now)
    if view is None:
        _gone()
    return view


def _who(ticket: Ticket, link: AnswerLink) -> str:
    """How whoever answers is called."""
    if link.purpose is Purpose.APPROVAL and ticket.approval is not None:
        return ticket.approval.approver
    return ticket.requester.name


def _unplaced(problem: dict[str, Any]) -> dict[str, Any]:
    """A refusal without the place of the ticket, which is nothing to an outsider."""
    return {name: value for name, value in problem.items() if name != "place"}


def _link(principal: Principal) -> AnswerLink:
    if principal.link is None:  # pragma: no cover - the scope is a link's alone
        raise ProblemError(403, "scope", "this is for links from mails")
    return principal.link


def _gone() -> NoReturn:
    raise ProblemError(404, "no_such_question", "this is not asked any more")
