"""The answers to what services ask of schedules and people: the fakes have no schedules.

Nobody in them is away or has shifts.

Who is on call is decided by pure functions of `tierline.domain.rota`; how they are read is tested
on PostgreSQL itself (`tests/services/test_floor.py`).
"""

from collections.abc import Sequence
from datetime import datetime

from tierline.policy import crew
from tierline.store import on_call, schedules_read
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()


@here.answers(schedules_read, "SCHEDULES")
async def read_schedules(_tx: Transaction, _names: Sequence[str] | None) -> Reply:
    """No schedule."""
    return []


@here.answers(schedules_read, "OVERRIDES")
async def read_overrides(
    _tx: Transaction, _names: Sequence[str] | None, _start: datetime, _end: datetime
) -> Reply:
    """No override."""
    return []


@here.answers(on_call, "ABSENCES")
async def absences(_tx: Transaction, _since: datetime) -> Reply:
    """Nobody is away."""
    return []


@here.answers(on_call, "LOGINS")
async def logins(tx: Transaction) -> Reply:
    """Names and logins of who is active."""
    found = shape("name", "login")
    rows = sorted(tx.rows("person"), key=lambda row: row["login"], reverse=True)
    return [found((row["name"], row["login"])) for row in rows if row["active"]]


_PERSON = (
    "login", "name", "zone", "shifts", "skills", "capacity", "usual_clients", "clients", "active",
)  # fmt: skip


@here.answers(crew, "PEOPLE")
async def people(tx: Transaction) -> Reply:
    """Everybody on record."""
    found = shape(*_PERSON)
    rows = sorted(tx.rows("person"), key=lambda row: row["login"])
    return [
        found(tuple(None if name == "shifts" else row[name] for name in _PERSON)) for row in rows
    ]
