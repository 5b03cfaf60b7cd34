"""`tierline tickets claim`, `move`, `hold` and the rest: one command of the API each."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from tierline.cli import ticket_approvals
from tierline.cli.call import Call, Number, Screen, with_router
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.moments import full_time, local_time, parse_instant, rfc3339, until
from tierline.cli.ticket_asking import ask as _ask
from tierline.cli.ticket_asking import instants, moment, show_outcome
from tierline.cli.tickets_together import TOGETHER
from tierline.domain.terms import HoldReason, Priority

Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence; others will read it.")]
Because = Annotated[str, typer.Argument(metavar="REASON", help="Why, in a sentence.")]

Chase = Annotated[
    str | None, typer.Option("--chase", help="When to ask again: 14:30, +4h, or ISO.")
]
VendorReference = Annotated[str | None, typer.Option("--reference", help="Their number for it.")]
VendorContact = Annotated[str | None, typer.Option("--contact", help="Whom we speak to.")]
VendorPromise = Annotated[
    str | None, typer.Option("--promised", help="By when, they say: 14:30, +4h, or ISO.")
]
Despite = Annotated[
    str | None, typer.Option("--despite", help="Of a P1: why in spite of the client's freeze.")
]
Tried = Annotated[str | None, typer.Option("--tried", help="What was tried.")]
Evidence = Annotated[str | None, typer.Option("--evidence", help="What was seen.")]
Ask = Annotated[str | None, typer.Option("--ask", help="What the next tier is to do.")]

Leaving = Annotated[
    str | None,
    typer.Option("--leaving", help="Of a major incident: what becomes of what is under it."),
]


class Kind(StrEnum):
    """What people take one for the other."""

    INCIDENT = "incident"
    REQUEST = "request"


ShortReason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
HowConfirmed = Annotated[str | None, typer.Option("--note", help="How, or by whom.")]


def register(app: typer.Typer) -> None:
    """Add every command on a ticket to `tierline tickets`."""
    for function in (*_ALL, *TOGETHER, *ticket_approvals.COMMANDS):
        app.command(function.__name__.replace("_", "-"))(with_router(function))


def claim(
    call: Call,
    *,
    number: Number,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Whose it is to be (a lead's to say).")
    ] = None,
) -> None:
    """Take a ticket, or, as a lead, give it to somebody."""
    _ask(call, number, "claim", owner=owner)


def release(call: Call, *, number: Number, reason: ShortReason = "") -> None:
    """Give a ticket back to its queue; its plan is void."""
    _ask(call, number, "release", reason=reason or None)


def note(
    call: Call,
    *,
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What there is to say.")],
    to_client: Annotated[
        bool, typer.Option("--to-client", help="The requester is to read it.")
    ] = False,
) -> None:
    """Write to colleagues, or to the requester."""
    _ask(call, number, "notes", text=text, to_client=to_client)


def plan(
    call: Call,
    *,
    number: Number,
    next_step: Annotated[str, typer.Argument(metavar="NEXT_STEP", help="What happens next.")],
    by: Annotated[str, typer.Option("--by", help="By when: 14:30, +45m, or an ISO time.")],
    client_text: Annotated[
        str | None, typer.Option("--client-text", help="What the client is to read of it.")
    ] = None,
    despite: Despite = None,
) -> None:
    """Make or revise the plan to resolution: it stops the tier clock while it lives.

    Times are local to this machine and counted on policy time.
    """
    promised = moment(call, by)
    said = {"next_step": next_step, "promised_at": rfc3339(promised), "client_text": client_text}
    said["despite"] = despite
    answer = call.router.post(f"/v1/tickets/{number}/plan", said)

    def shown(screen: Screen, document: Mapping[str, Any]) -> None:
        screen.line(f"promised for {full_time(promised)}")
        show_outcome(screen, document)

    call.answer(answer, shown)


def move(
    call: Call,
    *,
    number: Number,
    reason: Reason,
    to_tier: Annotated[str | None, typer.Option("--to-tier", help="The tier to go to.")] = None,
    to_group: Annotated[str | None, typer.Option("--to-group", help="The group to go to.")] = None,
    up: Annotated[bool, typer.Option("--up", help="The next step of its path.")] = False,
    down: Annotated[bool, typer.Option("--down", help="The tier below the present one.")] = False,
    management: Annotated[
        bool, typer.Option("--management", help="The last tier of the policy.")
    ] = False,
    packet: Annotated[
        str | None, typer.Option("--packet", help="A word to who takes over.")
    ] = None,
    tried: Tried = None,
    evidence: Evidence = None,
    ask: Ask = None,
) -> None:
    """Move a ticket up, down, sideways, skipping a tier, or to management."""
    chosen = [bool(way) for way in (to_tier, to_group, up, down, management)]
    if sum(chosen) != 1:
        raise FailureError(
            "Say where it is to go, once.",
            "Give one of --up, --down, --management, --to-tier and --to-group.",
            code=USAGE,
        )
    if down or management:
        to_tier = _tier(call, number, down=down)
    place = {"to_tier": to_tier, "to_group": to_group}
    handed = {"packet": packet, "tried": tried, "evidence": evidence, "ask": ask}
    _ask(call, number, "move", reason=reason, **place, **handed)


def _tier(call: Call, number: int, *, down: bool) -> str:
    """The last tier of the policy that has a group; with `down` the last below the ticket's."""
    policy = call.router.get("/v1/policy")
    staffed = {group["tier"] for group in policy["groups"]}
    tiers = [str(tier) for tier in policy["tiers"]]
    if down:
        here = call.router.get(f"/v1/tickets/{number}")["tier"]
        tiers = tiers[: tiers.index(here)] if here in tiers else []
    found = [tier for tier in tiers if tier in staffed]
    if not found:
        raise FailureError(
            f"There is no tier below that of ticket {number}.", "Name one with --to-tier."
        )
    return found[-1]


def accept(
    call: Call,
    *,
    number: Number,
    seq: Annotated[int, typer.Argument(metavar="SEQ", help="The proposal's event.", min=1)],
) -> None:
    """Do what Tierline proposed where it may not act by itself."""
    _ask(call, number, "accept", seq=seq)


def decline(
    call: Call,
    *,
    number: Number,
    seq: Annotated[int, typer.Argument(metavar="SEQ", help="The proposal's event.", min=1)],
    reason: Because,
) -> None:
    """As a lead, leave a ticket where it is, although Tierline proposed a move."""
    _ask(call, number, "decline", seq=seq, reason=reason)


def refuse_plan(call: Call, *, number: Number, reason: Because) -> None:
    """As a lead or the next tier, do not go along with a plan: the tier clock runs on."""
    _ask(call, number, "refuse-plan", reason=reason)


def packet(
    call: Call, *, number: Number, tried: Tried = None, evidence: Evidence = None, ask: Ask = None
) -> None:
    """Say what was tried and what the next tier is to do, after the hand-over."""
    _ask(call, number, "packet", tried=tried, evidence=evidence, ask=ask)


def vendor(
    call: Call,
    *,
    number: Number,
    name: Annotated[str, typer.Argument(metavar="VENDOR", help="Whom we ask.")],
    asked: Annotated[str, typer.Option("--asked", help="What was asked.")],
    reference: VendorReference = None,
    contact: VendorContact = None,
    promised: VendorPromise = None,
    chase: Chase = None,
) -> None:
    """Open a case with a vendor: it is chased until it is closed."""
    said = {"vendor": name, "asked": asked, "reference": reference, "contact": contact}
    _ask(call, number, "vendor", **said, **instants(call, promised_at=promised, chase_at=chase))


def vendor_news(
    call: Call,
    *,
    number: Number,
    news: Annotated[str, typer.Argument(metavar="NEWS", help="What the vendor said.")],
    reference: VendorReference = None,
    contact: VendorContact = None,
    promised: VendorPromise = None,
    chase: Chase = None,
) -> None:
    """Note what the vendor said, and what they promise now."""
    said = {"news": news, "reference": reference, "contact": contact}
    when = instants(call, promised_at=promised, chase_at=chase)
    _ask(call, number, "vendor-news", **said, **when)


def vendor_close(
    call: Call,
    *,
    number: Number,
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="What came of it.")],
) -> None:
    """Close the case with the vendor."""
    _ask(call, number, "vendor-close", outcome=outcome)


def hold(
    call: Call,
    *,
    number: Number,
    reason: Annotated[HoldReason, typer.Option("--reason", help="What it waits for.")],
    asked: Annotated[str, typer.Option("--asked", help="What was asked.")],
    of: Annotated[str | None, typer.Option("--of", help="Of whom.")] = None,
    chase: Chase = None,
    until: Annotated[
        str | None,
        typer.Option("--until", help="When it ends by itself; of what is scheduled: starts."),
    ] = None,
    ends: Annotated[
        str | None, typer.Option("--ends", help="Of what is scheduled: until when.")
    ] = None,
    despite: Despite = None,
) -> None:
    """Put a ticket on hold, with what was asked of whom."""
    when = instants(call, chase_at=chase, until=until, ends_at=ends)
    _ask(call, number, "hold", reason=reason, asked=asked, of=of, despite=despite, **when)


def resume(
    call: Call,
    *,
    number: Number,
    because: Annotated[str | None, typer.Option("--because", help="What changed.")] = None,
) -> None:
    """End a hold."""
    _ask(call, number, "resume", because=because)


def priority(
    call: Call,
    *,
    number: Number,
    to: Annotated[
        Priority | None, typer.Argument(metavar="[P1|P2|P3|P4]", help="The new priority.")
    ] = None,
    reason: Reason,
    impact: Annotated[
        int | None, typer.Option("--impact", help="Instead: 1 (worst) to 3.", min=1, max=3)
    ] = None,
    urgency: Annotated[
        int | None, typer.Option("--urgency", help="With it: 1 (worst) to 3.", min=1, max=3)
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what becomes of the promises.")
    ] = False,
) -> None:
    """Change the priority: directly, or by impact and urgency."""
    factors = [factor is not None for factor in (impact, urgency)]
    if any(factors) != all(factors) or any(factors) == (to is not None):
        raise FailureError(
            "Say which priority it is to have, once.",
            "Give P1 to P4, or both --impact and --urgency.",
            code=USAGE,
        )
    said = {"reason": reason, "priority": to, "impact": impact, "urgency": urgency}
    answer = call.router.post(
        f"/v1/tickets/{number}/priority", {**said, "preview": True if preview else None}
    )
    if not preview:
        call.answer(answer, show_outcome)
        return
    now = call.now()
    call.answer(answer, lambda screen, document: _show_dues(screen, document["dues"], now))


def _show_dues(screen: Screen, dues: Mapping[str, Any], now: datetime) -> None:
    def when(text: str | None) -> str:
        at = parse_instant(text)
        return f"{local_time(at, now)} ({until(at, now)})" if at else "-"

    rows = [[name, when(due.get("old")), when(due.get("new"))] for name, due in dues.items()]
    if rows:
        screen.table(("clock", "due now", "due then"), rows)
    else:
        screen.line("no promise would change")
    screen.line("nothing was changed", style="dim")


def resolve(
    call: Call,
    *,
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What put it right.")],
    fault: Annotated[str | None, typer.Option("--fault", help="What had caused it.")] = None,
    below: Annotated[
        str | None,
        typer.Option("--below", help="Could the tier below have: no, access, guide, training?"),
    ] = None,
) -> None:
    """Resolve a ticket; the client is asked to confirm."""
    _ask(call, number, "resolve", resolution=text, fault=fault, tier_below_could=below)


def retype(
    call: Call,
    *,
    number: Number,
    to: Annotated[Kind, typer.Argument(metavar="incident|request", help="What it is.")],
    reason: Reason,
) -> None:
    """Turn an incident into a request, or back; promises of the new kind count from acceptance."""
    _ask(call, number, "retype", to=to, reason=reason)


def confirm(call: Call, *, number: Number, note: HowConfirmed = None) -> None:
    """The client agrees that it is resolved: close it."""
    _ask(call, number, "confirm", note=note)


def reject(call: Call, *, number: Number, reason: Because) -> None:
    """The client does not agree: it is open again."""
    _ask(call, number, "reject", reason=reason)


def reopen(call: Call, *, number: Number, reason: Because) -> None:
    """Open a resolved or closed ticket again."""
    _ask(call, number, "reopen", reason=reason)


def close(call: Call, *, number: Number, reason: Because, leaving: Leaving = None) -> None:
    """Close a ticket without the client's word."""
    _ask(call, number, "close", reason=reason, leaving=leaving)


_ALL: tuple[Callable[..., None], ...] = (
    claim,
    release,
    note,
    plan,
    move,
    accept,
    decline,
    refuse_plan,
    packet,
    vendor,
    vendor_news,
    vendor_close,
    hold,
    resume,
    priority,
    retype,
    resolve,
    confirm,
    reject,
    reopen,
    close,
)
