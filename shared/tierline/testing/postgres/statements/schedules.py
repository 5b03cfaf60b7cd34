"""The answers to what services ask of schedules: the world of the fakes has none.

Who is on call is decided by pure functions of `tierline.domain.rota`; how they are read is tested
on PostgreSQL itself (`tests/services/test_floor.py`).
"""

from collections.abc import Sequence
from datetime import datetime

from tierline.store import schedules_read
from tierline.testing.postgres.registry import Registry, Reply
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
