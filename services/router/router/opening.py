"""What opening a ticket takes beside its body: the records' word on it, and a checked start."""

from datetime import datetime

from router.places import groups_for
from router.queries.records import ClientFacts, client_facts, client_names
from router.requests import OpenBody
from tierline.domain import serving
from tierline.domain.approval import Approver
from tierline.domain.commands import Open
from tierline.domain.policy import Policy
from tierline.domain.serving import Partners
from tierline.domain.terms import TicketType
from tierline.domain.ticket import Requester
from tierline.store.tickets import Connection
from tierline.web.bodies import closest
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import may_see


async def facts_for(connection: Connection, body: OpenBody, principal: Principal) -> ClientFacts:
    """What the records say of the client, device and requester that `body` names.

    Raises ProblemError (422) for a client that `principal` does not see.
    """
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


def check_start(start: str, policy: Policy, client: str, partners: Partners) -> None:
    """Check that a ticket of `client` may start at the group or tier `start`; empty: rules decide.

    Raises ProblemError (422) for anything else.
    """
    known = [
        *groups_for(policy, client, partners),
        *(tier for tier in policy.tiers if serving.groups_for(policy, partners, tier, client)),
    ]
    if not start or start in known:
        return
    meant = closest(start, known)
    remedy = f"did you mean {meant}?" if meant else f"one of: {', '.join(known)}"
    raise ProblemError(422, "unknown_start", f"start: no group or tier is called {start}; {remedy}")


def open_command(
    number: int,
    body: OpenBody,
    facts: ClientFacts,
    principal: Principal,
    now: datetime,
    approvers: tuple[Approver, ...] = (),
) -> Open:
    """The command that opens ticket `number` as `body` says, accepted at `now` (UTC).

    `approvers`: who may approve what the agreement does not hold.
    """
    return Open(
        id=number,
        type=TicketType(body.type),
        title=body.title,
        client=body.client,
        agreement=facts.agreement,
        bought=facts.bought,
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
        approvers=approvers,
    )
