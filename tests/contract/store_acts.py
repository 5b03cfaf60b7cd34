"""What tests of the store do again and again: arguments of statements, and others in the way."""

import asyncio
from contextlib import asynccontextmanager

from notifier import claim
from tests.contract.store import MINUTE, NOON
from tierline.store import tickets

LEASE_S = 600.0
LOCK = tickets.LOCK_TICKETS
NEW_DOC = '{"id":1,"seq":2}'
"""The doc of ticket 1 once MOVE_TICKETS has moved it."""


class BackError(Exception):
    """What a test leaves a transaction with, so that it rolls back."""


@asynccontextmanager
async def rolled_back(side):
    try:
        async with side.transaction() as connection:
            yield connection
            raise BackError  # noqa: TRY301 - nothing else may leave it
    except BackError:
        pass


async def begun(side, sql, *args, impatient=False):
    """A statement begun by another process, in a transaction of its own; it is given as a task."""
    db = await side.another(impatient=impatient)

    async def run():
        async with db.transaction() as connection:
            rows = await side.on(connection).fetch(sql, *args)
            return [tuple(row.values()) for row in rows]

    return side.keep(asyncio.create_task(run()))


STATE = ("queued", "P3", "T1", "Network", "")


def columns(*rows):
    """Rows as the arrays that a statement takes."""
    return [list(column) for column in zip(*rows, strict=True)]


def moved(number, *, seq=2, state=STATE, due=NOON, offered_to=""):
    doc = f'{{"id":{number},"seq":{seq}}}'
    return (number, seq, doc, *state, NOON + MINUTE, due, NOON, offered_to)


def opened(number, *, key="disk", state=STATE, due=NOON):
    return (*moved(number, seq=1, state=state, due=due), "alert", "Contoso", "Disk", key, NOON)


CLOSED = ("closed", "P3", "T1", "Network", "")


def said(*rows):
    """What is told: (ticket, seq, shard) each."""
    full = [
        (t, seq, NOON, NOON + MINUTE, "noted", "Contoso", f"c{seq}", f'{{"é":{seq}}}', shard)
        for t, seq, shard in rows
    ]
    return [*(columns(*full) or [[]] * 9), "tickets.events"]


def moving(*rows, told=()):
    """Arguments of MOVE_TICKETS."""
    return [*said(*told), *(columns(*rows) or [[]] * 12)]


def opening(*rows, told=()):
    """Arguments of OPEN_TICKETS."""
    return [*said(*told), *columns(*rows)]


def wanted(*alerts, first=None):
    """Arguments of TAKE_UP: (alert, client, problem key) each."""
    return [*columns(*alerts), first]


def taken_up(*rows):
    """What TAKE_UP answers: the alerts that it locked, and the place of each problem."""
    rows = [tuple(row.values()) if isinstance(row, dict) else row for row in rows]
    places = {row[1:3]: row[3:] for row in rows if row[0] is None}
    return [row[0] for row in rows if row[0] is not None], places


NOWHERE = (None, None, None)
"""The place of a problem that has just been made."""


def settled(outcomes=(), places=()):
    """Arguments of SETTLE: (alert, outcome, ticket) each, and the columns of each problem."""
    return [
        *(columns(*outcomes) or [[]] * 3),
        *(columns(*places) or [[]] * 6),
    ]


async def take(
    side,
    count=10,
    *,
    look=40,
    full=((), ()),
    places=(),
    channels=(),
    per=(9, 9),
    look_s=60.0,
    look_max_s=3_600.0,
):
    return await side.fetch(
        claim.TAKE,
        count,
        look,
        list(full[0]),
        list(full[1]),
        [name for name, _ in places],
        [used for _, used in places],
        [name for name, _ in channels],
        [used for _, used in channels],
        *per,
        LEASE_S,
        look_s,
        look_max_s,
    )
