"""Who must hear of an event, how, and why; and who is deliberately not told.

Both are recorded: "why was I, or wasn't I, told?" is answerable from the log.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tierline.domain.assignment import ClaimEnded, Offered
from tierline.domain.audience import (
    ACCOUNT_MANAGER,
    ACTION_OWNER,
    APPROVER,
    ASSISTANT,
    BESIDE_THE_POINT_ONCE_CLAIMED,
    BESIDE_THE_POINT_ONCE_OVER,
    CANDIDATE,
    DECIDERS,
    DEFAULT_TELL,
    DESK_OWNER,
    DUTY_MANAGER,
    HELPER,
    JOINED,
    LEAD,
    MANAGERS,
    NEXT_LEAD,
    NEXT_ROOM,
    ON_CALL,
    OURS_ALONE_TO_ASK,
    OWNER,
    RELIEVED,
    REQUESTER,
    ROOM,
    SENDER,
    SERVICE_MANAGER,
    SURVEY,
)
from tierline.domain.correction import ActionAdded, ActionChased, ActionCompleted, ActionMoved
from tierline.domain.erased import is_erased
from tierline.domain.events import (
    AssistCalled,
    EscalationProposed,
    Event,
    Moved,
    Paged,
    ProposalDeclined,
    What,
)
from tierline.domain.occasions import occasions_of
from tierline.domain.oversight import ManagementBriefed, ManagementCalled, Reallocated
from tierline.domain.policy import Group, Policy
from tierline.domain.seeing import keys_held, opened_by
from tierline.domain.serving import is_own, step_after
from tierline.domain.snapshot import Snapshot
from tierline.domain.storm import StormTold
from tierline.domain.terms import Mode, Reach, State

_OF_AN_ACTION = (ActionMoved, ActionCompleted, ActionChased)

OVER = frozenset({State.RESOLVED, State.CLOSED})

OFFERS = frozenset({"offered", "offered P1-P2"})
"""Occasions that ask somebody to take a ticket while it is offered to them."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One recipient of one event. `suppressed`: why they are deliberately not told, else empty.

    `kind` is person (recipient: login), room (name), requester (e-mail) or subscription (name).
    """

    kind: str
    recipient: str
    occasion: str
    reach: Reach
    why: str
    suppressed: str = ""


def notices_for(
    event: Event, ticket: Snapshot, policy: Policy, subscriptions: Sequence[str]
) -> list[Notice]:
    """Everybody `event` concerns, at most one notice each: the hardest pull wins.

    `ticket` is the snapshot after the event; `subscriptions` those that may see its client.
    """
    found: dict[tuple[str, str], Notice] = {}
    for occasion in occasions_of(event, ticket, policy):
        table = policy.told(ticket.client, occasion) or DEFAULT_TELL[occasion]
        for audience, reach in table.items():
            for kind, recipient in recipients_of(audience, event, ticket, policy):
                notice = Notice(kind, recipient, occasion, reach, _why(occasion, audience))
                notice = replace(notice, suppressed=_suppressed(notice, event, ticket, policy))
                key = (kind, recipient)
                if key not in found or _pull(notice) > _pull(found[key]):
                    found[key] = notice
    for name in subscriptions:
        why = "subscribed to every event"
        notice = Notice("subscription", name, "event", Reach.NOTIFY, why, _mode(ticket))
        found["subscription", name] = notice
    return list(found.values())


class Told(Protocol):
    """A notice, as far as it is asked whether it is still wanted."""

    @property
    def kind(self) -> str:
        """Of the recipient."""
        ...

    @property
    def recipient(self) -> str:
        """Who is to hear."""
        ...

    @property
    def occasion(self) -> str:
        """Of what."""
        ...

    @property
    def why(self) -> str:
        """As which audience of the occasion."""
        ...


def still_wanted(notice: Told, event_seq: int, ticket: Snapshot) -> str:
    """Empty if `notice` of event `event_seq` still makes sense on `ticket` now, else why not."""
    occasion = notice.occasion
    if notice.kind == "subscription" or ticket.seq <= event_seq:
        return ""
    if occasion in BESIDE_THE_POINT_ONCE_OVER and ticket.state in OVER:
        return f"the ticket is {ticket.state}"
    if occasion in BESIDE_THE_POINT_ONCE_CLAIMED and ticket.owner:
        return f"{ticket.owner} has claimed it"
    if occasion in OURS_ALONE_TO_ASK and not ticket.approver_email:
        return "it was answered, or is not asked any more"
    if occasion == SURVEY and ticket.state != State.CLOSED:
        return f"the ticket is {ticket.state}"
    asked = occasion in OFFERS and notice.why == _why(occasion, CANDIDATE)
    if asked and ticket.offered_to != notice.recipient:
        return f"it is offered to {ticket.offered_to or 'nobody'} now"
    if occasion == "please confirm" and ticket.state != State.RESOLVED:
        return f"the ticket is {ticket.state}"
    return ""


def _why(occasion: str, audience: str) -> str:
    return f"{occasion}: {audience}"


def kept_from_rooms(ticket: Snapshot) -> str:
    """Why no room hears of `ticket`; empty: rooms may. One may stand in for a person, too."""
    return f"the ticket is restricted to {ticket.restricted}" if ticket.restricted else ""


def _pull(notice: Notice) -> tuple[bool, int]:
    order = (Reach.DIGEST, Reach.NOTIFY, Reach.PAGE)
    return (not notice.suppressed, order.index(notice.reach))


def _suppressed(notice: Notice, event: Event, ticket: Snapshot, policy: Policy) -> str:
    if reason := _mode(ticket):
        return reason
    if (notice.kind, notice.recipient) == (event.by.kind, event.by.name):
        return "they did it themselves"
    if notice.kind == "requester" and is_erased(notice.recipient):
        return "their data were erased"
    told_there = ticket.record == "psa" and notice.occasion not in OURS_ALONE_TO_ASK
    if notice.kind == "requester" and told_there:
        return "the PSA mails the client"
    if notice.kind == "person" and not _sees(notice.recipient, ticket, policy):
        return f"the ticket is restricted to {ticket.restricted}"
    return ""


def _sees(login: str, ticket: Snapshot, policy: Policy) -> bool:
    return opened_by(ticket.restricted_to, keys_held(login, (), policy))


def _mode(ticket: Snapshot) -> str:
    return "mode watch: no message leaves the console" if ticket.mode == Mode.WATCH else ""


def recipients_of(
    audience: str, event: Event, ticket: Snapshot, policy: Policy
) -> Iterator[tuple[str, str]]:
    """The recipients that `audience` stands for here: (kind, recipient), none where unknown."""
    group = policy.groups.get(ticket.group)
    people = {
        OWNER: ticket.owner,
        DESK_OWNER: ticket.desk_owner,
        LEAD: group.lead if group else "",
        SENDER: _sender(event, ticket),
        CANDIDATE: event.what.to if isinstance(event.what, Offered) else "",
        HELPER: ticket.helper,
        ASSISTANT: event.what.lead if isinstance(event.what, AssistCalled) else "",
        ON_CALL: event.what.page.to if isinstance(event.what, Paged) else "",
        NEXT_LEAD: _next_lead(event, policy),
        DUTY_MANAGER: policy.people.get(DUTY_MANAGER, ""),
        SERVICE_MANAGER: policy.people.get(SERVICE_MANAGER, ""),
        ACCOUNT_MANAGER: policy.people.get(ACCOUNT_MANAGER, ""),
    }
    if audience in people:
        if people[audience]:
            yield "person", people[audience]
    elif audience == REQUESTER:
        if ticket.requester_email:
            yield "requester", ticket.requester_email
    elif audience == APPROVER:
        if ticket.approver_email:
            yield "requester", ticket.approver_email
    elif audience == ROOM:
        if group and ticket.restricted:
            yield from _instead_of_a_room(group)
        elif group and group.room:
            yield "room", group.room
    elif audience == NEXT_ROOM and not ticket.restricted:
        yield from _next_rooms(ticket, policy)
    else:
        for login in _named(audience, event.what):
            yield "person", login


def _instead_of_a_room(group: Group) -> Iterator[tuple[str, str]]:
    """Anybody may read a room, so of a restricted ticket the group's lead hears instead."""
    if group.lead:
        yield "person", group.lead


def _named(audience: str, what: What) -> tuple[str, ...]:
    """The logins that the event itself names as `audience`."""
    if audience == MANAGERS and isinstance(what, ManagementCalled | ManagementBriefed):
        return what.people
    if audience == DECIDERS and isinstance(what, StormTold):
        return what.people
    if isinstance(what, Reallocated):
        return {JOINED: what.joined, RELIEVED: what.relieved}.get(audience, ())
    if audience != ACTION_OWNER:
        return ()
    if isinstance(what, ActionAdded):
        return (what.action.owner,)
    return (what.owner,) if isinstance(what, _OF_AN_ACTION) else ()


def _sender(event: Event, ticket: Snapshot) -> str:
    """Who had it before; of several moves at once only the last is told: then the helper."""
    what = event.what
    if isinstance(what, ClaimEnded):
        return what.owner
    return what.sender or ticket.helper if isinstance(what, Moved) else ""


def _next_lead(event: Event, policy: Policy) -> str:
    """The lead of the group a move was proposed to."""
    what = event.what
    if not isinstance(what, EscalationProposed | ProposalDeclined):
        return ""
    group = policy.groups.get(what.to_group)
    return group.lead if group else ""


def _next_rooms(ticket: Snapshot, policy: Policy) -> Iterator[tuple[str, str]]:
    """The room of the next group. A partner's hears once a ticket comes, and not before.

    Whom partners work on is a matter of records, and nobody is warned of what they may not have.
    """
    path = policy.paths.get(ticket.path)
    step = step_after(policy, path, ticket.tier, ticket)
    if step is None:
        return
    groups = [g for g in policy.groups_of(step.tier) if not g.of or is_own(g, ticket.client)]
    able = [g for g in groups if ticket.category and ticket.category in g.skills]
    for group in (able or groups)[:1]:
        if group.room:
            yield "room", group.room
