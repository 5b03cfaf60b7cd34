"""`tierline tickets ask-approval`, `approve`, `refuse-approval`: what an approver is asked."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from tierline.cli.call import Call, Number
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.ticket_asking import ask, instants
from tierline.domain.money import MINOR_UNITS

Evidence = Annotated[str, typer.Option("--evidence", help="How we know: who said what, when.")]
Word = Annotated[str | None, typer.Option("--word", help="What they added.")]


def ask_approval(
    call: Call,
    *,
    number: Number,
    asked: Annotated[str, typer.Option("--asked", help="What is to be approved.")],
    of: Annotated[
        str | None, typer.Option("--of", help="A contact of the client; else the first who may.")
    ] = None,
    amount: Annotated[
        str | None, typer.Option("--amount", help="What it costs, like 180 or 180.50.")
    ] = None,
    per_hour: Annotated[bool, typer.Option("--per-hour", help="For each hour.")] = False,
    until: Annotated[
        str | None, typer.Option("--until", help="Until when they may answer: 17:00, +4h, or ISO.")
    ] = None,
    chase: Annotated[str | None, typer.Option("--chase", help="When to remind them.")] = None,
) -> None:
    """Ask somebody at the client to approve; the ticket waits for their answer."""
    said = {"asked": asked, "approver": of, "amount": minor_units(amount)}
    when = instants(call, expires_at=until, chase_at=chase)
    ask(call, number, "ask-approval", **said, per_hour=per_hour or None, **when)


def approve(call: Call, *, number: Number, evidence: Evidence, word: Word = None) -> None:
    """Record that the approver approved, and how we know."""
    ask(call, number, "approve", evidence=evidence, word=word)


def refuse_approval(call: Call, *, number: Number, evidence: Evidence, word: Word = None) -> None:
    """Record that the approver refused, and how we know."""
    ask(call, number, "refuse-approval", evidence=evidence, word=word)


def minor_units(text: str | None) -> int | None:
    """An amount as it is typed, in minor units. Raises FailureError for what is none."""
    if text is None:
        return None
    try:
        amount = Decimal(text) * MINOR_UNITS
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount != amount.to_integral_value():
        raise FailureError(
            f"{text} is no amount.", "Write it like 180 or 180.50, without a currency.", code=USAGE
        )
    return int(amount)


COMMANDS: tuple[Callable[..., None], ...] = (ask_approval, approve, refuse_approval)
