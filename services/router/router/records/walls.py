"""Who sees which records, and who may change them."""

from tierline.domain.terms import Role
from tierline.policy.kinds import Document, Kind
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import wall, wall_within

_RANKS = {role.value: rank for rank, role in enumerate(Role)}


def records_wall(kind: Kind, parameter: int) -> str:
    """The condition that keeps other clients' rows `t` of a kind out.

    Args:
        kind: what is read; one that belongs to no client is hidden from whoever is walled in.
        parameter: the number of the bind value that `walled_to` gives.
    """
    if kind.through:
        theirs = wall_within("o.clients", parameter)
        person = f"SELECT 1 FROM tierline.person o WHERE o.name = t.{kind.through} AND {theirs}"
        return f"(${parameter}::text[] IS NULL OR EXISTS ({person}))"
    column = kind.table.column(kind.wall)
    if column is None:
        return f"${parameter}::text[] IS NULL"
    judge = wall_within if column.type == "text[]" else wall
    return judge(f"t.{column.name}", parameter)


def check_may_write(principal: Principal) -> None:
    """Check that `principal` keeps records. Raises ProblemError (403) for a technician."""
    if not principal.asker.leads:
        raise ProblemError(
            403, "lead_decides", "records are kept by leads and managers: ask one of them"
        )


def check_rank(kind: Kind, principal: Principal, *sides: Document | None) -> None:
    """Check that nobody is put above, or changed by somebody below.

    Args:
        kind: of the record; only people have a role.
        principal: who changes it.
        sides: the record before and after.

    Raises:
        ProblemError: 403 where one of them has a higher role than `principal`.
    """
    if "role" not in kind.grammar.fields:
        return
    for side in sides:
        if side and _RANKS[side["role"]] > _RANKS[principal.role.value]:
            raise ProblemError(
                403, "manager_decides", f"role: a {side['role']} is a manager's to make or change"
            )


def check_not_oneself(kind: Kind, principal: Principal, after: Document | None, key: str) -> None:
    """Check that nobody locks themselves out. Raises ProblemError (409)."""
    mine = kind.name == "people" and principal.login == key
    if mine and (after is None or after.get("active") is False):
        raise ProblemError(409, "yourself", "this is you: ask another lead or manager to do it")
