"""Storms: what is gathered joins the one of its group, its leads are told, each ticket follows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from router.reactions.reaction import Asked, Occurrence, Reaction, cause_of
from router.storms.limits import TOLD_TICKETS_MAX
from router.storms.store import Gathered, join_storms, read_members, read_storms
from tierline.domain.events import EscalationProposed
from tierline.domain.handlers.storms import waits
from tierline.domain.storm import StormDecided, StormGathered
from tierline.domain.storm_commands import FollowStorm, JoinStorm, TellStorm
from tierline.domain.ticket import STORM as OF_A_STORM
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage
from tierline.store.tickets import Connection


def _always(_message: TicketMessage) -> bool:
    return True


def _itself(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    return (message.event.ticket,)


def _is_gathered(message: TicketMessage) -> bool:
    what: Any = message.event.what
    return bool(what.choice == OF_A_STORM)


def _moved(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    what: Any = message.event.what
    return tuple(what.moved)


def _kept(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    what: Any = message.event.what
    return tuple(what.kept)


def _moves(message: TicketMessage, _muted: bool) -> FollowStorm:  # noqa: FBT001
    return _follow(message, moves=True)


def _stays(message: TicketMessage, _muted: bool) -> FollowStorm:  # noqa: FBT001
    return _follow(message, moves=False)


def _follow(message: TicketMessage, *, moves: bool) -> FollowStorm:
    what: Any = message.event.what
    by = message.event.by.name
    return FollowStorm(what.storm, moves, by, cause_of(message), what.reason)


async def _joining(
    connection: Connection, occurrences: Sequence[Occurrence], now: datetime
) -> Mapping[int, Asked]:
    """Each joins the storm of its group, as long as what made it one still stands."""
    asked: dict[int, Asked] = {}
    gathered: dict[int, Gathered] = {}
    for one in occurrences:
        event, proposal = one.message.event, waits(one.ticket, 0)
        until = proposal.decide_by if proposal else None
        if proposal is None or until is None or proposal.seq != event.seq or until <= now:
            asked[one.id] = "what was gathered does not wait any more"
        else:
            found = Gathered(one.ticket.id, event.seq, one.ticket.group, proposal.to_group, until)
            gathered[one.id] = found
    if gathered:
        joined = await join_storms(connection, list(gathered.values()), now)
        for number, one_gathered in gathered.items():
            storm, until, first = joined[one_gathered.ticket]
            asked[number] = JoinStorm(storm, one_gathered.seq, until, first)
    return asked


async def _telling(
    connection: Connection, occurrences: Sequence[Occurrence], _now: datetime
) -> Mapping[int, Asked]:
    """The one message of each storm: what of it waits by now."""
    wanted = {one.id: _storm_of(one.message) for one in occurrences}
    storms = {storm.id: storm for storm in await read_storms(connection, set(wanted.values()))}
    members = await read_members(connection, storms)
    asked: dict[int, Asked] = {}
    for number, named in wanted.items():
        waiting = [one for one in members if one.storm == named and one.waits]
        if named not in storms or not waiting:
            asked[number] = "nothing of the storm waits any more"
            continue
        storm = storms[named]
        asked[number] = TellStorm(
            named,
            storm.group,
            tuple(one.ticket.id for one in waiting[:TOLD_TICKETS_MAX]),
            len(waiting),
            tuple(dict.fromkeys(one.to_group for one in waiting)),
            storm.until,
        )
    return asked


def _storm_of(message: TicketMessage) -> int:
    what: Any = message.event.what
    return int(what.storm)


STORM: tuple[Reaction, ...] = (
    Reaction("lapse is gathered", EscalationProposed, _is_gathered, _itself, informed=_joining),
    Reaction("storm is told", StormGathered, _always, _itself, informed=_telling),
    Reaction("storm moves", StormDecided, _always, _moved, _moves),
    Reaction("storm stays", StormDecided, _always, _kept, _stays),
)
