"""Who may see a restricted ticket: the ticket has keys, people hold keys, one in common opens it.

The group it is restricted to sees it, and so does whoever must work or answer for it: the group
that holds it and the one it is proposed to, its owner and desk owner, people beside them, whoever
is asked, woken or called about it, owners of its open actions, and the managers that the policy
names. A restricted ticket that moves on takes the receiving group in and leaves the last one out.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from tierline.domain.action import open_of
from tierline.domain.audience import DUTY_MANAGER, SERVICE_MANAGER
from tierline.domain.changes import Changes
from tierline.domain.events import Event
from tierline.domain.policy import Policy
from tierline.domain.restriction import Restricted, Unrestricted
from tierline.domain.ticket import Ticket

MANAGERS: Final = "managers"
"""The key of those who see every restricted ticket."""
MANAGING: Final = (SERVICE_MANAGER, DUTY_MANAGER)
"""What the policy calls them."""


def group_key(name: str) -> str:
    """The key of everybody in a group."""
    return f"group {name}"


def person_key(login: str) -> str:
    """The key of one person."""
    return f"person {login}"


def keys_of(ticket: Ticket) -> tuple[str, ...]:
    """The keys that open a restricted ticket, in order; none for one that is not restricted."""
    if not ticket.restricted:
        return ()
    groups = {ticket.restricted, ticket.group}
    groups |= {ticket.proposal.to_group} if ticket.proposal else set()
    people = {
        ticket.owner,
        ticket.desk_owner,
        ticket.helper,
        ticket.assistant,
        ticket.offered_to,
        ticket.page.to if ticket.page else "",
        *ticket.joined,
        *(ticket.attention.people if ticket.attention else ()),
        *(action.owner for action in open_of(ticket.actions)),
    }
    keys = [*map(group_key, sorted(groups - {""})), *map(person_key, sorted(people - {""}))]
    return (MANAGERS, *keys)


def keys_held(login: str, recorded: Collection[str], policy: Policy) -> frozenset[str]:
    """The keys somebody holds.

    Args:
        login: who; empty: nobody, who holds none.
        recorded: the groups that their record names.
        policy: lists the members of groups, their leads, and the managers.
    """
    if not login:
        return frozenset()
    groups = {
        name
        for name, group in policy.groups.items()
        if name in recorded or login in group.members or login == group.lead
    }
    manages = any(policy.people.get(role) == login for role in MANAGING)
    found = {person_key(login), *map(group_key, groups)}
    return frozenset(found | {MANAGERS} if manages else found)


def marked(key: str) -> str:
    """The key beside names of clients in one list: with a mark that no name has."""
    return f"\x1f{key}"


def opened_by(keys: Collection[str], held: Collection[str]) -> bool:
    """Whether a ticket with these keys (none: it is not restricted) is open to who holds those."""
    return not keys or not set(keys).isdisjoint(held)


def _restricted(_ticket: Ticket, _event: Event, what: Restricted) -> Changes:
    return {"restricted": what.group}


def _unrestricted(_ticket: Ticket, _event: Event, _what: Unrestricted) -> Changes:
    return {"restricted": ""}


FOLD: Mapping[type, Any] = {Restricted: _restricted, Unrestricted: _unrestricted}
"""By type of event; part of the table of `evolve`."""
