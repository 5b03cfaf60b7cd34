"""Messages that are sent as soon as they are committed: claimed at birth, handed over in memory.

Only a subscription's: all that is sent is the event, which is at hand. A process that dies before
it sends leaves them to their lease, as it does any other claim.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from notifier.claim import Claim, Place
from notifier.content import FEED, Content, encode_content
from notifier.directory import Subscription
from notifier.drafts import PENDING, Draft
from notifier.limits import HANDED_BYTES
from notifier.prepare import Known, Prepared, prepare_feed

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
    )


def take_turns(
    drafts: Sequence[Draft],
    rooms: Mapping[Place, int],
    subscriptions: Mapping[str, Subscription],
) -> Handed:
    """Set the turn of every draft; returns those that may be handed over if they get claimed.

    Args:
        drafts: about to be written, in order of id.
        rooms: how many of a place may be handed over.
        subscriptions: as they are this moment, read before it is known what else is in line.
    """
    handed = Handed()
    used: Counter[Place] = Counter()
    last_of: dict[str, int] = {}
    followed: set[int] = set()
    for draft in drafts:
        if draft.audience != FEED or draft.state != PENDING:
            continue
        ahead, last_of[draft.line] = last_of.get(draft.line), draft.id
        place = (draft.channel, draft.address)
        prepared = _prepared(draft, subscriptions) if used[place] < rooms.get(place, 0) else None
        if prepared is None:
            continue
        if ahead is None:
            draft.turn = FIRST
            handed.now.append(prepared)
        elif ahead in followed:
            draft.turn = BEHIND
            handed.behind[ahead] = prepared
        else:
            continue
        used[place] += 1
        followed.add(draft.id)
    return handed


def claimed_of(handed: Handed, claimed: Collection[int]) -> Handed:
    """What is left of `handed` when `claimed` are the ids that were claimed at birth."""
    now = [one for one in handed.now if one.claim.id in claimed]
    behind: dict[int, Prepared] = {}
    for one in now:
        ahead = one.claim.id
        while (follower := handed.behind.get(ahead)) is not None:
            behind[ahead] = follower
            ahead = follower.claim.id
    return Handed(now, behind)


def _prepared(draft: Draft, subscriptions: Mapping[str, Subscription]) -> Prepared | None:
    """Ready to be sent; None where it cannot be sent as it is, which whoever claims it judges."""
    body = draft.notices[0].message.body
    if not 0 < len(body) <= HANDED_BYTES:
        return None
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
    known = Known({}, {(content.ticket, content.seq): body}, {}, subscriptions)
    prepared = prepare_feed(claim, content, known)
    return prepared if prepared.verdict is None else None
