"""Why was somebody not told?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from tierline.domain.audience import DEFAULT_TELL, REQUESTER
from tierline.domain.events import Event, Noted, Threshold, What
from tierline.domain.evolve import evolve
from tierline.domain.explain.account import (
    Account,
    Case,
    NothingToExplainError,
    Told,
    versions,
)
from tierline.domain.explain.phrases import listed
from tierline.domain.occasions import WARN_FROM, occasions_of
from tierline.domain.snapshot import Snapshot, snapshot
from tierline.domain.tell import recipients_of
from tierline.domain.ticket import Ticket

ROLES = tuple(sorted({role for table in DEFAULT_TELL.values() for role in table}))
"""Audiences that a policy's `tell` may name."""

KINDS = frozenset(kind.__name__.casefold() for kind in get_args(What))
"""Types of event, as `_plain` writes them."""

WORDS_MAX = 12
"""Events that the words go through, the latest; all of them are in the items."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one event for somebody: `outcome` is a notice's state, or `no notice`."""

    seq: int
    what: str
    occasions: tuple[str, ...]
    outcome: str
    reason: str
    would_take: str
    rule: str
    policy: str

    @property
    def told(self) -> bool:
        """Whether they were told, or are being told."""
        return self.outcome in {"delivered", "pending"}


def why_not_told(case: Case, who: str, about: str = "") -> Account:
    """Why `who` did not hear of the ticket.

    Args:
        case: with its notices.
        who: a login, a name, a room, an address, a subscription, or one of ROLES.
        about: a type of event (`breached`) or an occasion (`breach P1-P2`); empty: all of it.

    Raises:
        NothingToExplainError: `about` is neither.
    """
    found = [
        _verdict(case, event, seen, who)
        for event, seen in _history(case)
        if not about or _is_about(case, event, seen, about)
    ]
    if not found:
        return _never_happened(case, who, about)
    untold = [one for one in found if not one.told]
    relevant = [one for one in untold if one.occasions] or untold
    return Account(
        words=tuple(_words(who, found, relevant)),
        decided_by=relevant[-1].rule if relevant else found[-1].rule,
        policies=versions(*(one.policy for one in reversed(relevant or found))),
        values={"who": who, "about": about, "told": sum(one.told for one in found)},
        would_take=relevant[-1].would_take if relevant else "",
        events=tuple(one.seq for one in found),
        items=tuple(_item(one) for one in found),
    )


def _history(case: Case) -> Iterator[tuple[Event, Snapshot]]:
    ticket: Ticket | None = None
    for event in case.events:
        ticket = evolve(ticket, event)
        yield event, snapshot(ticket)


def _is_about(case: Case, event: Event, seen: Snapshot, about: str) -> bool:
    if type(event.what).__name__.casefold() == _plain(about):
        return True
    return about in set(occasions_of(event, seen, case.policy))


def _plain(name: str) -> str:
    """The name of a type of event in whatever spelling: `escalation_proposed`."""
    return name.casefold().replace("_", "").replace(" ", "")


def _never_happened(case: Case, who: str, about: str) -> Account:
    if _plain(about) not in KINDS and about not in DEFAULT_TELL:
        raise NothingToExplainError(
            f"{about} is neither a type of event nor an occasion; occasions are:"
            f" {', '.join(DEFAULT_TELL)}"
        )
    return Account(
        words=(f"Nothing of that kind, {about}, has happened to the ticket, so nobody was told.",),
        decided_by="the log",
        policies=versions(case.policy.version),
        values={"who": who, "about": about, "events": len(case.events)},
        would_take=f"An event that is, or gives the occasion, {about}.",
    )


def _verdict(case: Case, event: Event, seen: Snapshot, who: str) -> Verdict:
    occasions = tuple(occasions_of(event, seen, case.policy))
    meant = _meant(case, event, seen, who)
    notices = [one for one in case.told if one.seq == event.seq and one.recipient in meant]
    if notices:
        return _of_notice(event, occasions, notices[0], who)
    reason, would_take, rule = _no_notice(case, event, seen, who, occasions)
    return Verdict(
        event.seq,
        type(event.what).__name__,
        occasions,
        "no notice",
        reason,
        would_take,
        rule,
        event.why.policy,
    )


def _meant(case: Case, event: Event, seen: Snapshot, who: str) -> set[str]:
    """The recipients that `who` stands for at this event."""
    if who in ROLES:
        return {name for _, name in recipients_of(who, event, seen, case.policy)}
    return {who, *(login for login, name in case.names.items() if name == who)}


def _of_notice(event: Event, occasions: tuple[str, ...], notice: Told, who: str) -> Verdict:
    takes = {
        "suppressed": f"{who} is told of it where this does not hold: {notice.reason}.",
        "superseded": "It had to be sent before that was so.",
        "held": "A policy that says notify, where it now says digest.",
        "failed": "An address that takes it.",
    }
    return Verdict(
        event.seq,
        type(event.what).__name__,
        (notice.occasion, *(one for one in occasions if one != notice.occasion)),
        notice.state,
        notice.reason or notice.state,
        takes.get(notice.state, ""),
        f"tell: {notice.occasion}",
        notice.policy,
    )


def _no_notice(
    case: Case, event: Event, seen: Snapshot, who: str, occasions: tuple[str, ...]
) -> tuple[str, str, str]:
    """Reason, what it would have taken, and the rule, where nobody wrote a notice."""
    if not occasions:
        reason, would_take = _silent(event)
        return reason, would_take, "an event that tells nobody"
    rule = f"tell: {', '.join(occasions)}"
    told_of = case.policy.told
    tables = {one: told_of(seen.client, one) or DEFAULT_TELL[one] for one in occasions}
    named = [one for one in occasions if who in tables[one]]
    if who in ROLES and named:
        if not list(recipients_of(who, event, seen, case.policy)):
            return _vacant(seen, who), _filled(seen, who), rule
        return _unwritten(event), "The notifier comes to the event.", rule
    heard = _heard(case, event, seen, tables)
    if who not in ROLES and who in heard:
        return _unwritten(event), "The notifier comes to the event.", rule
    told = "; ".join(f"{one} tells {listed(list(tables[one]))}" for one in occasions)
    people = f" ({listed(sorted(heard))})" if heard else ""
    would_take = f"A policy whose tell names the {who} under {occasions[0]}."
    if who not in ROLES:
        would_take = f"To be one of them, or a policy whose tell names a role that {who} has."
    return f"the policy says: {told}{people}; {who} is not among them", would_take, rule


def _heard(
    case: Case, event: Event, seen: Snapshot, tables: Mapping[str, Mapping[str, Any]]
) -> set[str]:
    roles = {role for table in tables.values() for role in table}
    found = {name for role in roles for _, name in recipients_of(role, event, seen, case.policy)}
    return found | {case.names[login] for login in found if login in case.names}


def _silent(event: Event) -> tuple[str, str]:
    """Why an event has no occasion, and what it would have taken."""
    what = event.what
    if getattr(what, "collapsed", False):
        return "a later event of the same moment overtook it", "Being seen at its own instant."
    if isinstance(what, Threshold) and what.fraction < WARN_FROM:
        share = f"{WARN_FROM * 100:g} %"
        return f"below {share} a warning interrupts nobody", f"The threshold of {share}."
    if isinstance(what, Noted):
        return "an internal note is for the timeline", "A note to the client."
    kind = type(what).__name__
    return f"an event of its kind, {kind}, tells nobody by itself", "An event that has an occasion."


def _vacant(seen: Snapshot, who: str) -> str:
    if who == REQUESTER:
        return "the requester's address is not known"
    if who == "owner":
        return "nobody owned it then"
    return f"there was no {who} for {seen.group} then"


def _filled(seen: Snapshot, who: str) -> str:
    if who == REQUESTER:
        return "An address of the requester."
    if who == "owner":
        return "Somebody who had claimed it."
    return f"A {who}: the policy names none that goes with {seen.group} and this event."


def _unwritten(event: Event) -> str:
    return (
        f"no notice is written of event {event.seq}: the notifier has not come to it yet, or"
        f" policy {event.why.policy} judged otherwise than the present one"
    )


def _words(who: str, found: list[Verdict], relevant: list[Verdict]) -> Iterator[str]:
    told = [one for one in found if one.told]
    if told:
        seqs = listed([str(one.seq) for one in told[-WORDS_MAX:]])
        yield f"{who} was told of {len(told)} of these {len(found)} events: {seqs}."
    else:
        yield f"{who} was told of none of these {len(found)} events."
    for one in relevant[-WORDS_MAX:]:
        yield f"Event {one.seq}, {one.what}: {one.outcome}: {one.reason}."
    if not relevant:
        yield "There is nothing that they were not told of."


def _item(one: Verdict) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "what": one.what,
        "occasions": list(one.occasions),
        "outcome": one.outcome,
        "reason": one.reason,
        "would_take": one.would_take,
        "rule": one.rule,
        "policy": one.policy,
    }
