"""Reports as the API gives them."""

from typing import Any

import msgspec

from tierline.domain.figures.bounces import Edge
from tierline.reports.bounces import BouncePage
from tierline.reports.lists import LeadPage
from tierline.reports.rows import rows_of
from tierline.reports.training import Taught, TrainingPage
from tierline.reports.week import WeekPage


def list_view(page: LeadPage) -> dict[str, Any]:
    """A lead's list."""
    return _plain(page)


def bounce_view(page: BouncePage) -> dict[str, Any]:
    """A ledger: each edge with its count, what it cost, and its tickets, the newest first."""
    return {**_plain(page), "edges": [edge_view(edge) for edge in page.edges]}


def edge_view(edge: Edge) -> dict[str, Any]:
    """An edge with its bounces."""
    return {
        "sent_by": edge.sent_by,
        "sent_to": edge.sent_to,
        "count": edge.count,
        "lost_s": edge.lost_s,
        "bounces": [
            {**_plain(one), "lost_s": round(one.lost.total_seconds())} for one in edge.bounces
        ],
    }


def week_view(page: WeekPage) -> dict[str, Any]:
    """A week's figures and those of the week before; edges without their single tickets."""
    found = _plain(page)
    for name, week in (("figures", page.figures), ("before", page.before)):
        found[name]["bounces"] = [
            {"sent_by": e.sent_by, "sent_to": e.sent_to, "count": e.count, "lost_s": e.lost_s}
            for e in week.bounces
        ]
    found["rows"] = [_plain(row) for row in rows_of(page)]
    return found


def _plain(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def training_view(page: TrainingPage) -> dict[str, Any]:
    """Items flat, with what was made of them."""
    return {**_plain(page), "items": [_item_view(one) for one in page.items]}


def _item_view(one: Taught) -> dict[str, Any]:
    case = one.item.case
    return {
        "ticket": case.ticket,
        "seq": case.seq,
        "at": case.at,
        "client": case.client,
        "category": case.category,
        "title": case.title,
        "tier": case.came_from,
        "kind": one.item.kind,
        "text": case.text,
        "by_recurrence": one.item.by_recurrence,
        "like": list(one.item.like),
        "state": one.mark.state,
        "by": one.mark.by,
        "marked_at": one.mark.at,
        "note": one.mark.note,
        "effect": None if one.effect is None else _plain(one.effect),
    }
