"""Of whom an approval is asked."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from tierline.domain.approval import Approver
from tierline.domain.commands import AskApproval
from tierline.domain.money import money
from tierline.domain.policy import Policy
from tierline.store.approvers import read_approvers
from tierline.store.tickets import Connection
from tierline.web.bodies import closest
from tierline.web.problems import ProblemError


async def who_may_approve(
    connection: Connection, policy: Policy, client: str, agreements: Collection[str]
) -> tuple[Approver, ...]:
    """Whom a new ticket's offers go to; nobody is looked up where no agreement makes any."""
    possible = [policy.agreement_of(client, name) for name in agreements]
    if not any(it.after_hours or it.not_covered is not None for it in possible):
        return ()
    return (await read_approvers(connection, [client])).get(client, ())


async def with_approver(
    connection: Connection, client: str, asked: AskApproval, policy: Policy
) -> AskApproval:
    """`asked` of a contact of the client who may approve, with their address and limit.

    Raises ProblemError (422) where nobody of that name may, or nobody at all.
    """
    known = (await read_approvers(connection, [client])).get(client, ())
    if not asked.approver:
        chosen = next((one for one in known if one.may(asked.amount)), None)
        if chosen is None:
            raise _nobody(client, asked, known, policy)
    else:
        chosen = next((one for one in known if one.name == asked.approver), None)
        if chosen is None:
            raise _unknown(client, asked.approver, known)
    return replace(asked, approver=chosen.name, email=chosen.email, limit=chosen.limit)


def _nobody(
    client: str, asked: AskApproval, known: Sequence[Approver], policy: Policy
) -> ProblemError:
    price = "" if asked.amount is None else f" {money(asked.amount, policy.currency)}"
    limits = ", ".join(
        f"{one.name} up to {money(one.limit, policy.currency)}"
        for one in known
        if one.limit is not None
    )
    most = f" ({limits})" if limits else ""
    remedy = "give a contact of the client the field approver"
    return ProblemError(
        422, "unknown_approver", f"approver: nobody at {client} may approve{price}{most}; {remedy}"
    )


def _unknown(client: str, named: str, known: Sequence[Approver]) -> ProblemError:
    names = [one.name for one in known]
    meant = closest(named, names)
    remedy = f"did you mean {meant}?" if meant else f"one of: {', '.join(names) or 'nobody yet'}"
    return ProblemError(
        422, "unknown_approver", f"approver: {named} may not approve for {client}; {remedy}"
    )
