"""Messages that are sent as soon as they are committed: claimed at birth, handed over in memory.

Only a subscription's: all that is sent is the event, which is at hand. A process that dies before
it sends leaves them to their lease, as it does any other claim.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from notifier.claim import Claim, Place
from notifier.content import FEED, Content, encode_content
from notifier.directory import Subscription
from notifier.drafts import PENDING, Draft
from notifier.limits import HANDED_BYTES
from notifier.prepare import Known, Prepared, Wall, prepare_feed

FIRST: Final = "first"
"""Claimed as it is written, unless an older message of its line has no outcome yet."""

BEHIND: Final = "behind"
"""Another of the same batch goes before it: its turn comes with the outcome of that one."""

Room = Callable[[Place], int]
"""How many messages to a place may be handed over now."""


def no_room(_place: Place) -> int:
    """Nobody is there to take anything over."""
    return 0


@dataclass(frozen=True, slots=True)
class Handed:
    """Messages to be sent by whoever wrote them, once they are committed.

    Attributes:
        now: claimed.
        behind: by the id of the message that goes before, the one to be claimed after it.
    """

    now: list[Prepared] = field(default_factory=list)
    behind: dict[int, Prepared] = field(default_factory=dict)


def content_of(draft: Draft) -> Content:
    """What the message's row keeps."""
    return Content(
        ticket=draft.ticket,
        audience=draft.audience,
        seq=draft.seq,
        notices_of=draft.stands_in_for,
        preamble=draft.preamble,
        traceparent=draft.traceparent,
    )


def take_turns(
    drafts: Sequence[Draft],
    rooms: Mapping[Place, int],
    subscriptions: Mapping[str, Subscription],
) -> list[list[Draft]]:
    """Set the turn of every draft; returns those that may be handed over, line by line.

    Args:
        drafts: about to be written, in order of id.
        rooms: how many of a place may be handed over.
        subscriptions: those known to be live; judged once more as the drafts are written.

    Returns:
        Of each line the draft that is to be claimed, then those that come behind it.
    """
    used: Counter[Place] = Counter()
    lines: dict[str, list[Draft]] = {}
    broken: set[str] = set()
    for draft in drafts:
        draft.turn = ""
        if draft.audience != FEED or draft.state != PENDING or draft.line in broken:
            continue
        place = (draft.channel, draft.address)
        if used[place] >= rooms.get(place, 0) or not _may_be_handed(draft, subscriptions):
            broken.add(draft.line)  # nothing is handed over past it
            continue
        line = lines.setdefault(draft.line, [])
        draft.turn = BEHIND if line else FIRST
        line.append(draft)
        used[place] += 1
    return list(lines.values())


def _may_be_handed(draft: Draft, subscriptions: Mapping[str, Subscription]) -> bool:
    """Whether it can be sent as it is; if not, whoever claims it judges it."""
    known = subscriptions.get(draft.address)
    if known is None or known.disabled:
        return False
    return 0 < len(draft.notices[0].message.body) <= HANDED_BYTES


def hand_over(
    lines: Sequence[Sequence[Draft]],
    claimed: Collection[int],
    subscriptions: Mapping[str, Subscription],
) -> Handed:
    """Make ready what was claimed, and what comes behind it.

    Args:
        lines: from `take_turns`; written by now.
        claimed: ids of those that were claimed as they were written.
        subscriptions: as they were at that moment.
    """
    handed = Handed()
    for line in lines:
        if line[0].id not in claimed:
            continue
        ready = [_prepared(draft, subscriptions) for draft in line]
        if ready[0].verdict is not None:
            continue  # left to its lease
        handed.now.append(ready[0])
        for ahead, one in pairwise(ready):
            if one.verdict is not None:
                break
            handed.behind[ahead.claim.id] = one
    return handed


def _prepared(draft: Draft, subscriptions: Mapping[str, Subscription]) -> Prepared:
    content = content_of(draft)
    claim = Claim(
        id=draft.id,
        channel=draft.channel,
        address=draft.address,
        line=draft.line,
        key=draft.key,
        content=encode_content(content),
        attempt=1,
        age_s=0.0,
    )
    event = (content.ticket, content.seq)
    body = draft.notices[0].message.body
    wall = Wall(draft.client, draft.restricted)
    known = Known({}, {event: body}, {event: wall}, {}, subscriptions)
    return prepare_feed(claim, content, known)
