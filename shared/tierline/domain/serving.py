"""Which groups may have a ticket: ours, its client's own, and those of partners who work on it.

A group is not ours where the policy says `of: client NAME` or `of: partner NAME`. Its people hear
of what lies with it, so a ticket of a client they have nothing to do with must never get there, by
whatever way: triage, time, a proposal or a hand.
"""

from collections.abc import Mapping
from typing import Final

from tierline.domain.passing import is_for
from tierline.domain.policy import Group, Path, Policy, Step
from tierline.domain.snapshot import Snapshot
from tierline.domain.ticket import Ticket

CLIENT: Final = "client "
PARTNER: Final = "partner "
"""How the policy's `of` begins."""

Partners = Mapping[str, frozenset[str]]
"""The clients each partner works on, by the partner's name; one that names none works on all."""


def is_clients(group: Group) -> bool:
    """Whether `group` is a client's own rather than one that works for us."""
    return group.of.startswith(CLIENT)


def is_own(group: Group, client: str) -> bool:
    """Whether `group` is that `client`'s own."""
    return group.of == CLIENT + client


def serves(group: Group, client: str, partners: Partners) -> bool:
    """Whether a ticket of `client` may lie with `group`."""
    if not group.of:
        return True
    if group.of.startswith(PARTNER):
        named = partners.get(group.of.removeprefix(PARTNER))
        return not named or client in named
    return is_own(group, client)


def groups_for(policy: Policy, partners: Partners, tier: str, client: str) -> tuple[Group, ...]:
    """The groups of `tier` that may have a ticket of `client`, in the policy's order."""
    groups = policy.groups_of(tier)
    if all(not group.of for group in groups):
        return groups
    return tuple(group for group in groups if serves(group, client, partners))


def step_after(
    policy: Policy,
    path: Path | None,
    tier: str,
    ticket: Ticket | Snapshot,
    partners: Partners | None = None,
) -> Step | None:
    """The next step time may take `ticket` to from `tier`; None at the path's end.

    A tier all of whose groups are somebody else's is no step for it, nor is one whose condition
    does not hold. Without `partners` every partner counts as one who works on the client.
    """
    while path is not None and (step := path.step_after(tier, policy.tiers)) is not None:
        if groups_for(policy, partners or {}, step.tier, ticket.client) and is_for(
            step.when, ticket
        ):
            return step
        tier = step.tier
    return None


def passed_by(
    policy: Policy, path: Path | None, tier: str, to_tier: str, ticket: Ticket | Snapshot
) -> dict[str, str]:
    """The steps between two tiers that are not for `ticket`: tier, and which tickets it is for.

    An empty `to_tier` stands for the path's end. By-hand steps are passed by whatever they ask.
    """
    found: dict[str, str] = {}
    while path is not None and (step := path.step_after(tier, policy.tiers)) is not None:
        tier = step.tier
        if tier == to_tier:
            break
        if step.when is not None and not is_for(step.when, ticket):
            found[tier] = step.when.said
    return found


def own_groups(policy: Policy, client: str) -> tuple[Group, ...]:
    """The client's own groups, from the lowest tier up, in the policy's order."""
    return tuple(
        group for tier in policy.tiers for group in policy.groups_of(tier) if is_own(group, client)
    )
