"""What the page of a ticket shows, gathered and put in order."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Response

from console.router_client import TIMELINE_EVENTS, Json
from console.visit import Console, Visit, render

Places = list[tuple[str, list[tuple[str, str]]]]

_SAID: Mapping[str, tuple[str, ...]] = {
    "noted": ("text",),
    "planned": ("client_text",),
    "escalated": ("packet",),
    "returned": ("packet",),
    "transferred": ("packet",),
    "confirmed": ("note",),
    "retyped": ("reason",),
}
"""What a person wrote, by type of event, shown in full below the sentence."""

BAD_ENDS = frozenset({"failed"})
UNTOLD = frozenset({"suppressed", "superseded"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the router said no, and where the ticket is now; `names` of people by login."""

    reason: str
    status: int
    problem: Json = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the ticket is now, as far as the router told."""
        place = self.problem.get("place") or {}
        if not place:
            return ""
        owner = str(place.get("owner") or "")
        held = f"{self.names.get(owner, owner)} has it" if owner else "nobody has it"
        where = f"{place.get('group', '')} ({place.get('tier', '')})"
        return f"Now {held}: {str(place.get('state', '')).replace('_', ' ')} in {where}."

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        return f"Not done: {self.reason.rstrip('.')}. {self.place}".strip()


@dataclass(slots=True, kw_only=True)
class TicketPage:
    """One showing of a ticket's page.

    Attributes:
        number: the ticket's.
        upto: the last event of the timeline to show, or None for the latest.
        done: what was just done, for people.
        command: the form that was just sent.
        entered: its fields, shown again when it was refused.
        refusal: why it was.
        preview: the dues a new priority would bring: old and new by clock.
    """

    number: int
    upto: int | None = None
    done: str = ""
    command: str = ""
    entered: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    preview: Mapping[str, Any] | None = None


async def show_ticket(console: Console, visit: Visit, page: TicketPage) -> Response:
    """Make the page.

    Args:
        console: for the router and the templates.
        visit: who looks.
        page: what is special about this showing.

    Raises:
        RefusedError: the router does not show this ticket to this person.
    """
    path = f"/v1/tickets/{page.number}"
    ticket = await console.router.get(visit.session, path)
    last = min(page.upto or ticket.get("seq", 0), ticket.get("seq", 0))
    after = max(0, last - TIMELINE_EVENTS)
    window = [("after", str(after)), ("limit", str(TIMELINE_EVENTS))]
    events, notices, due, guides, policy = await asyncio.gather(
        console.router.get(visit.session, f"{path}/events", window),
        console.router.get(visit.session, f"{path}/notices"),
        console.router.get(visit.session, f"{path}/due"),
        console.router.get(visit.session, f"{path}/guides"),
        console.policy(visit.session),
    )
    return render(
        console,
        "ticket.html",
        visit,
        status=page.refusal.status if page.refusal else 200,
        ticket=ticket,
        clocks=order_clocks(ticket.get("clocks") or []),
        ledgers={clock["name"]: with_sums(clock) for clock in due.get("clocks", [])},
        timeline=timeline(events.get("items", []), notices.get("items", []), last),
        earlier=after,
        guides=guides.get("items", []),
        places=places(policy, ticket),
        names=names_of(policy),
        groups=[group["name"] for group in policy.get("groups", [])],
        page=page,
        entered=page.entered if page.refusal or page.preview is not None else {},
        allowed=allowed(ticket),
    )


def allowed(ticket: Json) -> frozenset[str]:
    """The commands that make sense now, by the last part of their address."""
    names = {"note": "notes", "accept_proposal": "accept", "prioritise": "priority"}
    return frozenset(names.get(name, name) for name in ticket.get("allowed", []))


def names_of(policy: Json) -> dict[str, str]:
    """How the people of the policy's groups are called, by login."""
    return {
        member["login"]: member.get("name") or member["login"]
        for group in policy.get("groups", [])
        for member in group.get("members", [])
    }


def order_clocks(clocks: list[Json]) -> list[Json]:
    """Running clocks first, the soonest on top; then the stopped ones; then what is over.

    Each gets `over`, `percent` of its target used (0 to 100) and `word`.
    """

    def rank(clock: Json) -> tuple[bool, bool, str]:
        return clock["over"], not clock.get("running"), str(clock.get("due") or "")

    shown = [
        {
            **clock,
            "over": bool(clock.get("met_at")) or clock.get("stopped_by") == "void",
            "percent": _percent(clock),
        }
        for clock in clocks
    ]
    return sorted(shown, key=rank)


def with_sums(clock: Json) -> Json:
    """Give each stretch of a clock's ledger `so_far`: the seconds counted up to its end."""
    total, rows = clock.get("carried_s") or 0, []
    for one in clock.get("ledger", []):
        total += one["counted_s"]
        rows.append({**one, "so_far": total})
    return {**clock, "ledger": rows}


def _percent(clock: Json) -> int:
    target = clock.get("target_s") or 0
    return max(0, min(100, round(100 * (clock.get("used_s") or 0) / target))) if target else 0


def timeline(events: list[Json], notices: list[Json], last: int) -> list[Json]:
    """Put events and their notices together, the latest first.

    Args:
        events: as the router lists them.
        notices: of the ticket, each naming its event by `seq`.
        last: the highest event number to show.

    Returns:
        The events, each with `told`, `untold`, `failed` (notices) and `said` (what people wrote).
    """
    by_seq: dict[int, list[Json]] = defaultdict(list)
    for notice in notices:
        by_seq[notice.get("seq", 0)].append(notice)
    entries = []
    for event in reversed(events):
        if event["seq"] > last:
            continue
        about = by_seq.get(event["seq"], [])
        what, kind = event.get("what") or {}, str(event.get("type", ""))
        entries.append(
            {
                **event,
                "kind": kind,
                "told": [one for one in about if one.get("state") not in UNTOLD | BAD_ENDS],
                "untold": [one for one in about if one.get("state") in UNTOLD],
                "failed": [one for one in about if one.get("state") in BAD_ENDS],
                "said": _said(kind, what, str(event.get("words", ""))),
            }
        )
    return entries


def _said(kind: str, what: Json, sentence: str) -> list[str]:
    """What a person wrote, where the sentence does not already say all of it."""
    written = [str(what[name]) for name in _SAID.get(kind, ()) if what.get(name)]
    return [text for text in written if "\n" in text or text.rstrip(".") not in sentence]


def places(policy: Json, ticket: Json) -> Places:
    """Where the ticket may be sent, grouped by direction as people think of it."""
    tiers = policy.get("tiers", [])
    here = tiers.index(ticket["tier"]) if ticket.get("tier") in tiers else -1
    found: dict[str, list[tuple[str, str]]] = {
        "Up": [], "Sideways": [], "Down": [], "To those who decide more": [],
    }  # fmt: skip
    for group in policy.get("groups", []):
        tier = group.get("tier", "")
        if group["name"] == ticket.get("group") or tier not in tiers:
            continue
        label = (f"group:{group['name']}", f"{tier} · {group['name']}")
        found[_direction(tier, tiers.index(tier), here)].append(label)
    return [(title, options) for title, options in found.items() if options]


def _direction(tier: str, index: int, here: int) -> str:
    if tier == "management":
        return "To those who decide more"
    if index == here:
        return "Sideways"
    return "Up" if index > here else "Down"
