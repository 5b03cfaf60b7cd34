"""Working with a client's own IT: who looks first, and from when our promises count.

Where the agreement says `our_clocks_start: on_handover`, what lies with the client's own group is
not ours to answer for: our promises begin with the first hand-over to a group that works for us.
"""

from datetime import datetime
from typing import Final

from tierline.domain.clock import Clock
from tierline.domain.draft import Draft
from tierline.domain.floor import Floor
from tierline.domain.policy import Agreement, Group, Policy
from tierline.domain.promises import at_opening
from tierline.domain.serving import is_clients, own_groups
from tierline.domain.terms import ClocksStart
from tierline.domain.triage import best_of

CLIENTS_IT: Final = "{client.it}"
"""How an agreement says that the client's own group looks first."""


def first_place(
    policy: Policy, floor: Floor, agreement: Agreement, category: str, at: datetime, *, client: str
) -> str:
    """The group or tier that looks first by the agreement; empty: triage decides.

    `{client.it}` is the client's own group; where it has none, triage decides as for anybody.
    """
    if agreement.first != CLIENTS_IT:
        return agreement.first
    own = own_groups(policy, client)
    lowest = tuple(group for group in own if group.tier == own[0].tier)
    return best_of(lowest, floor, category, at)[0].name if lowest else ""


def waits(agreement: Agreement, group: Group) -> bool:
    """Whether our promises wait for a hand-over, for a ticket that starts with `group`."""
    return agreement.our_clocks_start is ClocksStart.ON_HANDOVER and is_clients(group)


def begins(draft: Draft, group: Group) -> bool:
    """Whether a move to `group` is the hand-over that our promises wait for."""
    return draft.ticket.clocks_wait and not is_clients(group)


def begun(draft: Draft, at: datetime) -> list[Clock]:
    """Our promises to the client, begun at `at`."""
    ticket = draft.ticket
    return at_opening(draft.policy, ticket.agreement, ticket.type, ticket.priority, at)
