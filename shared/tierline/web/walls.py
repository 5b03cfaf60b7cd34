"""Clients are walled off, here and nowhere else: every list, row, message and stream asks this.

An invisible ticket answers exactly like a missing one.
"""

from typing import NoReturn

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


def no_such_ticket(number: int) -> NoReturn:
    """Answer that the ticket does not exist, whether it is missing or behind a wall.

    Raises:
        ProblemError: 404, always the same.
    """
    raise ProblemError(404, "no_such_ticket", f"there is no ticket {number}")
