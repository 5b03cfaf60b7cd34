"""Going through the members of a body, one at a time, so that a bad one harms no other."""

from collections.abc import Callable, Sequence
from typing import Any

from intake.adapters.parsed import MemberError, Parsed, Read, Rejected, TooManyAlertsError
from intake.adapters.text import clean_text, raw_of
from intake.limits import ALERTS_MAX, REASON_MAX
from tierline.messages.alert import Alert

LIST_EMPTY = "the list is empty: send 1 to 1,000 alerts"


def read_members(members: Sequence[Any], read: Callable[[Any], Alert]) -> Parsed:
    """Each member of a list by `read`, which may raise MemberError.

    Raises:
        TooManyAlertsError: there are more than ALERTS_MAX.
    """
    if len(members) > ALERTS_MAX:
        raise TooManyAlertsError(f"{len(members)} alerts in one request; at most {ALERTS_MAX}")
    parsed = Parsed(several=True)
    for index, member in enumerate(members):
        try:
            parsed.alerts.append(Read(index, _read(member, read)))
        except MemberError as error:
            parsed.rejected.append(rejection(error, raw_of(member), index))
    return parsed


def read_only_member(member: Any, read: Callable[[Any], Alert], body: bytes) -> Parsed:
    """The one member of a body that is no list."""
    try:
        return Parsed(alerts=[Read(0, _read(member, read))])
    except MemberError as error:
        return whole_rejected(error, body)


def _read(member: Any, read: Callable[[Any], Alert]) -> Alert:
    try:
        return read(member)
    except RecursionError:
        raise MemberError("", "is nested too deep") from None


def rejection(error: MemberError, raw: bytes, index: int = 0) -> Rejected:
    """What is told and kept of a member that cannot become an alert."""
    return Rejected(index, clean_text(error.field), clean_text(error.detail)[:REASON_MAX], raw)


def whole_rejected(error: MemberError, body: bytes) -> Parsed:
    """A body nothing can be made of: one rejection, holding all of it."""
    return Parsed(rejected=[rejection(error, body)])
