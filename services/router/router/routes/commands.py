"""The commands on a ticket: one sub-resource each, all judged by the domain's `decide`."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Body
from starlette.responses import Response

from router import oversight, restriction
from router import requests as r
from router.answers.approvers import with_approver
from router.answers.requests import AskApprovalBody, RecordAnswerBody
from router.caller import Caller, Writer
from router.commands import (
    Done,
    check_visible,
    decide_within,
    dues,
    foresee,
    refusal,
    refusals,
    status_of,
)
from router.context import Context, Here
from router.described import WRITING
from router.described import refusals as refused_with
from router.owners import check_owner, check_people
from router.places import check_group
from router.queries.tickets import notice_counts
from router.responses.events import Commanded, Preview
from router.routes.tickets import Number
from router.routes.verbs_together import TOGETHER
from router.together import check_others
from router.transactions import write
from router.verbs import Verb
from router.views import event_view, ticket_view, with_snapshots
from tierline.domain import commands as c
from tierline.domain.events import Prioritised
from tierline.domain.restriction import Restrict
from tierline.domain.terms import Answer as Said
from tierline.domain.terms import TicketType
from tierline.store.tickets import Connection
from tierline.web.bodies import Strict
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer, Given, once
from tierline.web.principal import Principal

router = APIRouter(tags=["commands"])


VERBS = (
    Verb(
        "claim",
        r.ClaimBody,
        lambda b, p: c.Claim(b.owner or p.login),
        "Take it. Of two claimers one wins; the other is told who.",
    ),
    Verb(
        "accept-offer",
        r.NothingBody,
        lambda _b, _p: c.AcceptOffer(),
        "Take what is offered to you.",
    ),
    Verb(
        "decline-offer",
        r.DeclineOfferBody,
        lambda b, _: c.DeclineOffer(b.reason),
        "Do not take what is offered to you: the next one is asked.",
    ),
    Verb(
        "keep",
        r.NothingBody,
        lambda _b, _p: c.KeepClaim(),
        "As its owner, keep it beyond your shift or absence: never a P1 or a P2.",
    ),
    Verb(
        "hand-over",
        r.HandOverBody,
        lambda b, _: c.HandOver(b.to, b.reason),
        "As its owner or a lead, give it to somebody who is in; its plan is void.",
    ),
    Verb(
        "release",
        r.ReleaseBody,
        lambda b, _: c.Release(b.reason),
        "Give it back to the queue; its plan is void.",
    ),
    Verb(
        "notes",
        r.NoteBody,
        lambda b, _: c.Note(b.text, b.to_client),
        "Write to colleagues, or to the requester.",
    ),
    Verb(
        "plan",
        r.PlanBody,
        lambda b, _: c.MakePlan(b.next_step, b.promised_at, b.client_text, b.despite),
        "Make or revise the plan, which stops the tier clock.",
    ),
    Verb(
        "move",
        r.MoveBody,
        lambda b, _: c.Move(b.reason, b.to_tier, b.to_group, b.packet, b.handed),
        "Move it up, down, sideways, skipping, to management.",
    ),
    Verb(
        "accept",
        r.AcceptBody,
        lambda b, _: c.AcceptProposal(b.seq),
        "Do what time proposed.",
    ),
    Verb(
        "decline",
        r.DeclineBody,
        lambda b, _: c.DeclineProposal(b.seq, b.reason),
        "As a lead: leave it where it is, although time proposed a move.",
    ),
    Verb(
        "refuse-plan",
        r.ReasonBody,
        lambda b, _: c.RefusePlan(b.reason),
        "As a lead or the next tier: do not go along with its plan.",
    ),
    Verb(
        "packet",
        r.PacketBody,
        lambda b, _: c.GivePacket(b.packet),
        "Say what was tried, the evidence and the ask, after the hand-over.",
    ),
    Verb(
        "vendor",
        r.VendorBody,
        lambda b, _: c.OpenVendorCase(
            b.vendor, b.asked, b.reference, b.contact, b.promised_at, b.chase_at
        ),
        "Open a case with a vendor: it is chased until it is closed.",
    ),
    Verb(
        "vendor-news",
        r.VendorNewsBody,
        lambda b, _: c.UpdateVendorCase(b.news, b.reference, b.contact, b.promised_at, b.chase_at),
        "What the vendor said, and what they promise now.",
    ),
    Verb(
        "vendor-close",
        r.VendorOutcomeBody,
        lambda b, _: c.CloseVendorCase(b.outcome),
        "Close the case with the vendor.",
    ),
    Verb(
        "hold",
        r.HoldBody,
        lambda b, _: c.PutOnHold(
            b.reason, b.asked, b.of, b.chase_at, b.until, b.ends_at, b.despite
        ),
        "Pause it, with a reason.",
    ),
    Verb(
        "ask-approval",
        AskApprovalBody,
        lambda b, _: c.AskApproval(
            b.asked,
            b.approver,
            amount=b.amount,
            per_hour=b.per_hour,
            expires_at=b.expires_at,
            chase_at=b.chase_at,
        ),
        "Pause it until somebody at the client has approved, by the link in their mail.",
    ),
    Verb(
        "approve",
        RecordAnswerBody,
        lambda b, _: c.AnswerApproval(Said.APPROVED, b.word, b.evidence),
        "Record that the approver approved, and how we know.",
    ),
    Verb(
        "refuse-approval",
        RecordAnswerBody,
        lambda b, _: c.AnswerApproval(Said.REFUSED, b.word, b.evidence),
        "Record that the approver refused, and how we know.",
    ),
    Verb("resume", r.ResumeBody, lambda b, _: c.Resume(b.because), "End the pause."),
    Verb(
        "priority",
        r.PriorityBody,
        lambda b, _: c.Prioritise(b.reason, b.priority, b.impact, b.urgency),
        "Change the priority; with `preview` only say what that would do.",
    ),
    Verb(
        "retype",
        r.RetypeBody,
        lambda b, _: c.Retype(TicketType(b.to), b.reason),
        "Turn an incident into a request, or back: promises of the new kind count from acceptance.",
    ),
    Verb(
        "resolve",
        r.ResolveBody,
        lambda b, _: c.Resolve(b.resolution, b.tier_below_could, b.fault),
        "Service is restored.",
    ),
    Verb("confirm", r.ConfirmBody, lambda b, _: c.Confirm(b.note), "The client agrees: close it."),
    Verb(
        "reject",
        r.ReasonBody,
        lambda b, _: c.Reject(b.reason),
        "The client disagrees: work is owed again.",
    ),
    Verb(
        "reopen",
        r.ReasonBody,
        lambda b, _: c.Reopen(b.reason),
        "Reopen a resolved or closed ticket.",
    ),
    *TOGETHER,
    *oversight.VERBS,
    *restriction.VERBS,
)


def _add(verb: Verb) -> None:
    optional = not any(field.is_required() for field in verb.body.model_fields.values())
    default = Body(verb.body() if optional else ...)

    async def endpoint(
        number: Number,
        context: Here,
        caller: Writer,
        body: Any = default,
    ) -> Response:
        command = verb.command(body, caller.principal)
        if getattr(body, "preview", False):
            return await _preview(context, caller.principal, number, command)
        given = await _perform(context, caller, number, command, body)
        return given.response()

    endpoint.__annotations__["body"] = verb.body
    endpoint.__name__ = verb.name
    model = Commanded | Preview if "preview" in verb.body.model_fields else Commanded
    router.post(
        f"/v1/tickets/{{number}}/{verb.name}",
        response_model=model,
        responses=refused_with(404, *WRITING),
        summary=verb.summary,
        operation_id=f"{verb.name}_ticket",
    )(endpoint)


for _verb in VERBS:
    _add(_verb)


async def _perform(
    context: Context, caller: Caller, number: int, command: c.Command, body: Strict
) -> Given:
    principal = caller.principal
    names = await context.people.names()

    async def work(connection: Connection) -> Given:
        client = await check_visible(connection, number, principal)
        return await once(connection, caller.attempt(body), lambda: decided(connection, client))

    async def decided(connection: Connection, client: str) -> Answer:
        if isinstance(command, c.Move):
            partners = context.floor.current.partners
            check_group(context.source.current, client, command.to_group, partners)
        if isinstance(command, Restrict):
            partners = context.floor.current.partners
            check_group(context.source.current, client, command.group, partners, field="group")
        if isinstance(command, c.Claim):
            await check_owner(connection, number, command.owner, principal)
        await check_others(connection, command, principal)
        await check_people(connection, number, command)
        asked = command
        if isinstance(command, c.AskApproval):
            policy = context.source.current
            asked = await with_approver(connection, client, command, policy)
        done = await decide_within(
            context, connection, number, asked, principal.asker, caller.cause
        )
        return await answer_of(context, connection, principal, done, names)

    async with refusals(context, number):
        return await write(context, work)


async def answer_of(
    context: Context,
    connection: Connection,
    principal: Principal,
    done: Done,
    names: Mapping[str, str],
) -> Answer:
    """The answer to a command: the ticket after it and its new events, or the refusal."""
    refused = done.decision.rejected
    if refused is not None:
        return Answer.of(status_of(refused), refusal(refused))
    ticket = done.decision.ticket
    counts = await notice_counts(connection, ticket.id)
    calendars = context.source.current.calendars
    events = with_snapshots(done.before, done.decision.events)
    return Answer.of(
        200,
        {
            "ticket": ticket_view(ticket, principal, done.now, calendars, counts),
            "events": [event_view(event, names) for event in events],
        },
    )


async def _preview(
    context: Context, principal: Principal, number: int, command: c.Command
) -> Response:
    """What a priority change would do; nothing is written, not even the time that passed."""
    async with context.db.connection() as connection:
        await check_visible(connection, number, principal)
        done = await foresee(context, connection, number, command, principal.asker, "preview")
    refused = done.decision.rejected
    if refused is not None:
        return Answer.of(status_of(refused), refusal(refused)).response()
    changes = [e.what for e in done.decision.events if isinstance(e.what, Prioritised)]
    change = changes[0]
    return json_response(
        {"preview": True, "old": change.old, "new": change.new, "dues": dues(change)}
    )
