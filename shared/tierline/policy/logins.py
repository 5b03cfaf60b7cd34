"""Policies name people; decisions and notices know logins. Where the two meet."""

from collections.abc import Mapping
from dataclasses import replace

from tierline.domain.policy import Policy


def with_logins(policy: Policy, logins: Mapping[str, str]) -> Policy:
    """`policy` with every person's name replaced by their login.

    `logins` maps names to logins. A name no record knows stays as it is: its notices then fail
    visibly for want of an address.
    """
    groups = {
        name: replace(
            group,
            lead=logins.get(group.lead, group.lead),
            members=tuple(logins.get(member, member) for member in group.members),
        )
        for name, group in policy.groups.items()
    }
    people = {role: logins.get(name, name) for role, name in policy.people.items()}
    return replace(policy, groups=groups, people=people)
