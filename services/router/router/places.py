"""Groups and walls: which groups a caller sees, and where a client's tickets may be sent by name.

A group `of: client NAME` is that client's own, one `of: partner NAME` that partner's: its people
and its room hear of what lies with it, so a ticket of anybody else must not get there, nor its name
be told to other clients.
"""

from tierline.domain.policy import Group, Policy
from tierline.domain.serving import CLIENT, Partners, serves
from tierline.web.bodies import closest
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import may_see


def sees_group(principal: Principal, group: Group) -> bool:
    """Whether `principal` is shown `group`: ours always, a client's or partner's by the wall."""
    return not group.of or may_see(principal, group.of.removeprefix(CLIENT))


def named_group(policy: Policy, principal: Principal, name: str) -> Group:
    """The group called `name`.

    Raises ProblemError (404), the same whether the group is missing or behind a wall.
    """
    seen = [it.name for it in policy.groups.values() if sees_group(principal, it)]
    if name not in seen:
        meant = closest(name, seen)
        remedy = f"did you mean {meant}?" if meant else f"one of: {', '.join(seen)}"
        raise ProblemError(404, "no_such_group", f"group: there is no {name}; {remedy}")
    return policy.groups[name]


def groups_for(policy: Policy, client: str, partners: Partners) -> list[str]:
    """The names of the groups that a ticket of `client` may be sent to, in the policy's order."""
    return [group.name for group in policy.groups.values() if serves(group, client, partners)]


def check_group(
    policy: Policy, client: str, named: str, partners: Partners, *, field: str = "to_group"
) -> None:
    """Check that `field` names a group that a ticket of `client` may go to; empty: none is named.

    Raises ProblemError (422), the same whether the group is missing or another client's.
    """
    known = groups_for(policy, client, partners)
    if named and named not in known:
        names = ", ".join(known)
        raise ProblemError(422, "unknown_group", f"{field} must be one of: {names}")
