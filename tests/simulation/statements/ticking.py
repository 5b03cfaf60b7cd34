"""What the tick runs beside the statements that all share."""

from collections.abc import Sequence
from datetime import datetime

from sla_timer import tick
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import picker
from tierline.testing.postgres.statements.tickets import due_order
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_id = picker("id")
_doc = picker("doc")


@here.answers(tick, "FIND_DUE")
async def find_due(tx: Transaction, horizon: datetime, limit: int) -> Reply:
    """The earliest due ones, without a lock."""
    due = tx.view("ticket", "due", due_order)
    return [_id({"id": number}) for at, number in due[:limit] if at <= horizon]


@here.answers(tick, "PUT_OFF")
async def put_off(tx: Transaction, number: int, until: datetime) -> Reply:
    """Another due instant; the doc."""
    if tx.get("ticket", number) is None:
        return []
    row = await tx.update("ticket", number, {"next_due_at": until})
    return [] if row is None else [_doc(row)]


@here.answers(tick, "MEND_DUE")
async def mend_due(
    tx: Transaction, numbers: Sequence[int], dues: Sequence[datetime | None]
) -> Reply:
    """The true due instants."""
    changed = 0
    for number, due in zip(numbers, dues, strict=True):
        if tx.get("ticket", number) is not None:
            changed += await tx.update("ticket", number, {"next_due_at": due}) is not None
    return f"UPDATE {changed}"
