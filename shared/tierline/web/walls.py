"""Clients and restricted tickets are walled off, here and nowhere else.

Every list, row, message and stream asks this. An invisible ticket answers exactly like a missing
one. Records belong to clients: their walls are `wall`, `wall_within` and `may_see`. What belongs to
a ticket is behind both its client's wall and its restriction: `ticket_wall` and `sees`, which take
another value (`Sight`), so that neither can stand in for the other.
"""

from collections.abc import Collection
from typing import Final, NewType, NoReturn, Protocol

from tierline.domain.seeing import MANAGERS, keys_of, marked, opened_by
from tierline.domain.snapshot import Snapshot
from tierline.domain.ticket import Ticket
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError


def wall(column: str, parameter: int) -> str:
    """The condition that keeps other clients' rows out.

    Args:
        column: the SQL name of the client column.
        parameter: the number of the bind value that `walled_to` gives.
    """
    return f"(${parameter}::text[] IS NULL OR {column} = ANY(${parameter}::text[]))"


def wall_within(column: str, parameter: int) -> str:
    """The same for rows that belong to several clients: all of them must be seen.

    Args:
        column: the SQL name of the column with the clients, an array; of nobody's row null or
            empty, which whoever is walled in does not see.
        parameter: as for `wall`.
    """
    bound = f"${parameter}::text[]"
    return f"({bound} IS NULL OR (cardinality({column}) > 0 AND {column} <@ {bound}))"


def walled_to(principal: Principal) -> list[str] | None:
    """The bind value of `wall`: the clients `principal` may see, None for all."""
    return None if principal.clients is None else sorted(principal.clients)


def may_see(principal: Principal, client: str) -> bool:
    """Whether `principal` may see what belongs to `client`."""
    return principal.clients is None or client in principal.clients


Sight = NewType("Sight", list[str])
"""What a reader sees of tickets, as the statements take it: names of clients, or a mark for all of
them; and, marked, the keys that open restricted tickets."""

HIDDEN: Final = "a restricted ticket"
"""What stands for the title of one that is only counted."""
_EVERY_CLIENT: Final = marked("every client")
EVERYTHING: Final = Sight([_EVERY_CLIENT, marked(MANAGERS)])
"""The sight of the service itself."""


class Seer(Protocol):
    """Whoever looks at tickets."""

    @property
    def clients(self) -> Collection[str] | None:
        """The clients whose tickets are seen; None for all."""

    @property
    def keys(self) -> Collection[str]:
        """The keys of restricted tickets that are held."""


def sight_of(seer: Seer) -> Sight:
    """The bind value of `ticket_wall`."""
    clients = [_EVERY_CLIENT] if seer.clients is None else sorted(seer.clients)
    return Sight([*clients, *map(marked, sorted(seer.keys))])


def every_client(sight: Sight) -> bool:
    """Whether tickets of all clients are seen, as far as they are not restricted."""
    return _EVERY_CLIENT in sight


def counted_wall(client: str, parameter: int) -> str:
    """The condition on what is only counted: other clients' are out, restricted tickets are in.

    Args:
        client: the SQL name of the column with the ticket's client.
        parameter: the number of the bind value that `sight_of` gives.
    """
    bound = f"${parameter}::text[]"
    return f"('{_EVERY_CLIENT}' = ANY({bound}) OR {client} = ANY({bound}))"


def restriction_wall(ticket: str, parameter: int) -> str:
    """The condition that keeps out what belongs to a restricted ticket of others.

    Args:
        ticket: the SQL name of the column with the ticket's number.
        parameter: as for `counted_wall`.
    """
    hidden = f"SELECT r.ticket FROM tierline.restricted r WHERE NOT r.keys && ${parameter}::text[]"
    return f"{ticket} NOT IN ({hidden})"


def ticket_wall(ticket: str, client: str, parameter: int) -> str:
    """The condition that keeps out what belongs to a ticket that is not seen; as the two above."""
    return f"({counted_wall(client, parameter)} AND {restriction_wall(ticket, parameter)})"


def sees(principal: Principal, ticket: Ticket | Snapshot) -> bool:
    """Whether `principal` may see the ticket."""
    keys = keys_of(ticket) if isinstance(ticket, Ticket) else ticket.restricted_to
    return may_see(principal, ticket.client) and opened_by(keys, principal.keys)


class NoSuchTicketError(ProblemError):
    """There is no ticket of that `number`, or it is behind a wall; always the same."""

    def __init__(self, number: int) -> None:
        super().__init__(404, "no_such_ticket", f"there is no ticket {number}")
        self.number = number


def no_such_ticket(number: int) -> NoReturn:
    """Answer that the ticket does not exist, whether it is missing or behind a wall.

    Raises:
        NoSuchTicketError: 404.
    """
    raise NoSuchTicketError(number)
