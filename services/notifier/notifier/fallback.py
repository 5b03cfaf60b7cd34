"""Where a message goes that could not be delivered. One hop, never a loop. Pure."""

from dataclasses import dataclass

from notifier.directory import Directory
from notifier.parcel import CHAT, MAIL
from tierline.domain.policy import Group, Policy


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel and an address on it."""

    channel: str
    address: str


def fallback_for(
    channel: str,
    address: str,
    group: str,
    policy: Policy,
    directory: Directory,
    *,
    restricted: bool = False,
) -> Destination | None:
    """The way that stands in: mail -> the group's room, a room -> its lead's mail.

    No room stands in for what is restricted: the lead's mail does.

    Nothing stands in for a subscription: it is retried for days and then visibly disabled.

    Args:
        channel: that failed.
        address: that failed, empty where there was none.
        group: the ticket's group.
        policy: the current one; groups, rooms and leads are never those of long ago.
        directory: addresses.
        restricted: whether the ticket is.

    Returns:
        None where no other way exists.
    """
    here = policy.groups.get(group)
    if channel == MAIL:
        if here and not restricted and (room := directory.room(here.room)):
            return Destination(CHAT, room.name)
        return _lead(here, directory, unless=address)
    if channel == CHAT:
        return _lead(_group_of_room(address, here, policy), directory, unless="")
    return None


def _group_of_room(room: str, here: Group | None, policy: Policy) -> Group | None:
    """The group whose room it is: the ticket's own where several share it."""
    if here is not None and here.room == room:
        return here
    return next((group for group in policy.groups.values() if group.room == room), here)


def _lead(group: Group | None, directory: Directory, *, unless: str) -> Destination | None:
    mail = directory.mail_of(group.lead) if group else ""
    return Destination(MAIL, mail) if mail and mail != unless else None
