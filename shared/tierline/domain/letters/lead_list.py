"""The lead's list: what breaks before anyone is in, and what needs a hand now."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from tierline.domain.clock import FULL, Clock
from tierline.domain.terms import ClockName, State
from tierline.domain.ticket import Ticket

LINES_MAX: Final = 50
"""Lines a section spells out; the rest are counted."""


class Section(StrEnum):
    """The sections of a list, in the order in which they are read."""

    BREAKS = "breaks"
    UNCLAIMED = "unclaimed"
    STUCK = "stuck"
    BOUNCING = "bouncing"
    SLIPPED = "slipped"
    CHOICES = "choices"
    CHASED = "chased"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Line:
    """One ticket in one section.

    Attributes:
        at: the instant that the section is about (UTC): when it breaks, since when it waits.
        says: what is the matter, in words that end before that instant.
        what: what there is to add, without instants.
        nobody_in: it breaks while the group is closed.
    """

    number: int
    title: str
    client: str
    priority: str
    owner: str
    at: datetime | None
    says: str = ""
    what: str = ""
    nobody_in: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A section with its title and its first LINES_MAX lines; `more` were left out."""

    section: Section
    title: str
    lines: tuple[Line, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """What a list looks at. Instants are UTC.

    `since`: when the last list was. From `closes` to `opens` nobody is in.
    """

    now: datetime
    since: datetime
    closes: datetime
    opens: datetime


class Found(NamedTuple):
    """What a section has to say of a ticket: words, the instant they end with, what to add."""

    says: str
    at: datetime | None
    what: str = ""


Look = Callable[[Ticket, Window], Found | None]


def lead_list(tickets: Iterable[Ticket], window: Window) -> tuple[Part, ...]:
    """The sections that have something to say, in order.

    Args:
        tickets: the open ones of one group that the reader may see.
        window: what the list looks at.

    Returns:
        Parts with at least one line each; in a part the earliest instant comes first.
    """
    found = list(tickets)
    parts = (_part(section, title, look, found, window) for section, title, look in _LOOKS)
    return tuple(part for part in parts if part.lines)


def _part(
    section: Section, title: str, look: Look, tickets: Sequence[Ticket], window: Window
) -> Part:
    lines = [
        _line(section, ticket, seen, window)
        for ticket in tickets
        if (seen := look(ticket, window)) is not None
    ]
    lines.sort(key=lambda line: (line.at is None, line.at or window.now, line.number))
    return Part(section, title, tuple(lines[:LINES_MAX]), max(0, len(lines) - LINES_MAX))


def _line(section: Section, ticket: Ticket, seen: Found, window: Window) -> Line:
    at = seen.at
    alone = section is Section.BREAKS and at is not None and window.closes <= at < window.opens
    return Line(
        number=ticket.id,
        title=ticket.title,
        client=ticket.client,
        priority=ticket.priority,
        owner=ticket.owner,
        at=at,
        says=seen.says,
        what=seen.what,
        nobody_in=alone,
    )


def _breaks(ticket: Ticket, window: Window) -> Found | None:
    """The first promise to the client that breaks before the group opens again."""
    dues = [
        (clock.due, clock.name)
        for clock in ticket.clocks.values()
        if clock.to_client and clock.due is not None and FULL not in clock.fired
    ]
    ahead = sorted(due for due in dues if window.now < due[0] < window.opens)
    return Found(f"{_PROMISE[ahead[0][1]]} breaks at", ahead[0][0]) if ahead else None


def _unclaimed(ticket: Ticket, _: Window) -> Found | None:
    if not ticket.wants_owner:
        return None
    return Found("waits since", _since(ticket.clocks.get(ClockName.QUEUE)) or ticket.opened_at)


def _stuck(ticket: Ticket, window: Window) -> Found | None:
    """Claimed, and its owner has been silent for longer than the path allows."""
    clock = ticket.clocks.get(ClockName.SILENT)
    if ticket.state is not State.WORKING or clock is None or clock.over:
        return None
    lapsed = FULL in clock.fired or (clock.due is not None and clock.due <= window.now)
    return Found("no word since", clock.started_at) if lapsed else None


def _bouncing(ticket: Ticket, _: Window) -> Found | None:
    if not ticket.active or not ticket.bounces:
        return None
    return Found("", None, " > ".join(ticket.trail[-_TRAIL:]))


def _slipped(ticket: Ticket, _: Window) -> Found | None:
    plan = ticket.plan
    if not ticket.active or plan is None or not plan.slips:
        return None
    return Found("was promised for", plan.promised_at, plan.next_step)


def _choices(ticket: Ticket, _: Window) -> Found | None:
    proposal = ticket.proposal
    if not ticket.active or proposal is None:
        return None
    by = "to be decided by" if proposal.decide_by else ""
    return Found(by, proposal.decide_by, f"to {proposal.to_group}: {proposal.reason}")


def _chased(ticket: Ticket, _: Window) -> Found | None:
    """On hold, and whoever is waited for has been reminded in vain; or a vendor has."""
    hold, case = ticket.hold, ticket.vendor
    if not ticket.active:
        return None
    if hold is not None and hold.chases:
        return _asked(hold.next_chase, hold.of or hold.reason, hold.asked, hold.chases)
    if case is not None and case.chases:
        return _asked(case.next_chase, case.vendor, case.asked, case.chases)
    return None


def _asked(again_at: datetime, of: str, asked: str, chases: int) -> Found:
    times = "once" if chases == 1 else f"{chases} times"
    return Found("asked again at", again_at, f"{of}: {asked} (reminded {times})")


def _new(ticket: Ticket, window: Window) -> Found | None:
    """Here since the last list: opened since, or handed to this group's tier since."""
    came = max(ticket.opened_at, _since(ticket.clocks.get(ClockName.TIER)) or ticket.opened_at)
    return Found("here since", came) if ticket.active and came > window.since else None


def _since(clock: Clock | None) -> datetime | None:
    return None if clock is None else clock.started_at


_TRAIL: Final = 4
"""Groups of a bouncing ticket's way that its line names."""

_PROMISE: Final = {
    ClockName.RESPOND: "the first answer",
    ClockName.PLAN: "the plan",
    ClockName.RESOLVE: "the resolution",
    ClockName.FULFIL: "the fulfilment",
    ClockName.UPDATE: "the next update",
}

_LOOKS: Final[tuple[tuple[Section, str, Look], ...]] = (
    (Section.BREAKS, "Breaks before the next opening", _breaks),
    (Section.UNCLAIMED, "Unclaimed", _unclaimed),
    (Section.STUCK, "Claimed, and no word", _stuck),
    (Section.BOUNCING, "Bouncing", _bouncing),
    (Section.SLIPPED, "Plans that slipped", _slipped),
    (Section.CHOICES, "Choices to be made", _choices),
    (Section.CHASED, "Waiting for somebody who was asked in vain", _chased),
    (Section.NEW, "New since the last list", _new),
)
