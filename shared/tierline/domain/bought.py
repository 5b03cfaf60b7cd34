"""Which of the agreements that a client bought a ticket is under."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tierline.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Bought:
    """An agreement that a client bought, and the names of what it is for; without any: all."""

    name: str
    devices: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def for_all(self) -> bool:
        """Whether it names nothing."""
        return not (self.devices or self.services or self.categories)


class Concerned(NamedTuple):
    """What a ticket is about: a device by name and by kind, a service, a category; empty: none."""

    device: str = ""
    kind: str = ""
    service: str = ""
    category: str = ""


class Found(NamedTuple):
    """The agreement's name, which rule found it, and whether it is for what the ticket is about."""

    name: str
    rule: str
    covered: bool = True


def agreement_for(
    policy: Policy, client: str, bought: Sequence[Bought], about: Concerned, default: str
) -> Found:
    """The agreement of a new ticket of `client`, of those it `bought`, in the order of its record.

    The first that names the device, the service or the category; else the first for whose `covers`
    the policy names the kind of device or the service; else the first that names nothing. Where
    each is for something else, it is the `default`, and not covered.
    """
    for one in bought:
        if named := _named(one, about):
            return Found(one.name, f"its record names {named}")
    known = {about.kind, about.service} - {""}
    for one in bought:
        covered = known & set(policy.agreement_of(client, one.name).covers)
        if one.for_all and covered:
            return Found(one.name, f"covers {min(covered)}")
    for one in bought:
        if one.for_all and not policy.agreement_of(client, one.name).covers:
            return Found(one.name, "for everything")
    if bought and not any(one.for_all for one in bought):
        return Found(default, "none is for this", covered=False)
    return Found(default, "the default one", _is_covered(policy, client, default, known))


def _named(one: Bought, about: Concerned) -> str:
    if about.device in one.devices:
        return f"the device {about.device}"
    if about.service in one.services:
        return f"the service {about.service}"
    if about.category in one.categories:
        return f"the category {about.category}"
    return ""


def _is_covered(policy: Policy, client: str, name: str, known: set[str]) -> bool:
    """What is not known of a device or a service is covered."""
    covers = policy.agreement_of(client, name).covers
    return not covers or not known or bool(known & set(covers))
