"""Guides of a category, and those that nobody has looked at in time."""

import json
from dataclasses import dataclass
from datetime import date

from tierline.reports.limits import GUIDES_TOLD
from tierline.store.tickets import Connection


@dataclass(frozen=True, slots=True)
class Guide:
    """How to do something. `review_by`: `YYYY-MM-DD`, or empty; `overdue`: that day is over."""

    category: str
    title: str
    steps: tuple[str, ...]
    link: str
    review_by: str
    overdue: bool


OF_CATEGORY = (
    "SELECT category, title, review_by, doc FROM tierline.guide WHERE category = $1"
    " ORDER BY title LIMIT $2"
)


async def guides_for(connection: Connection, category: str, today: date) -> list[Guide]:
    """The guides for tickets of a category, GUIDES_TOLD at most."""
    rows = await connection.fetch(OF_CATEGORY, category, GUIDES_TOLD) if category else []
    found = []
    for row in rows:
        rest = json.loads(row["doc"])
        overdue = bool(row["review_by"]) and row["review_by"] < today.isoformat()
        steps, link = tuple(rest.get("steps", ())), rest.get("link", "")
        guide = Guide(row["category"], row["title"], steps, link, row["review_by"], overdue)
        found.append(guide)
    return found


OVERDUE = (
    "SELECT category, title, review_by FROM tierline.guide"
    " WHERE review_by <> '' AND review_by < $1 ORDER BY review_by, category, title LIMIT $2"
)


async def overdue_guides(connection: Connection, today: date) -> tuple[str, ...]:
    """`vpn: New token (2026-11-01)`: guides whose day of review is over, the oldest first."""
    rows = await connection.fetch(OVERDUE, today.isoformat(), GUIDES_TOLD)
    return tuple(f"{row['category']}: {row['title']} ({row['review_by']})" for row in rows)
