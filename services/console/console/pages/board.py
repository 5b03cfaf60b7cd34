"""The live board: a column a tier, a queue a group, the soonest promise first."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from console.asking import DONE_WORDS
from console.pages.ticket_view import names_of
from console.router_client import BOARD_TICKETS, Json
from console.visit import Console, Visit, begin, render

PRIORITIES = ("P1", "P2", "P3", "P4")
MAX_CHOICES = 50

Choices = list[tuple[str, str]]


def routes(console: Console) -> APIRouter:
    """Make `/`."""
    router = APIRouter()

    @router.get("/")
    async def show(request: Request) -> Response:
        visit = await begin(console, request)
        chosen = filters(request)
        board, listed, policy = await asyncio.gather(
            console.router.get(visit.session, "/v1/board"),
            console.router.get(visit.session, "/v1/tickets", asked(chosen, visit)),
            console.policy(visit.session),
        )
        tickets = listed.get("items", [])
        return render(
            console,
            "board.html",
            visit,
            columns=columns(board, tickets),
            summary=summary(tickets, visit),
            counts=board.get("counts") or {},
            majors=board.get("majors") or [],
            storms=storms_of(board),
            more=bool(listed.get("next_cursor")),
            policy=policy,
            names=names_of(policy),
            chosen=chosen,
            narrowed=any(chosen.values()),
            query=kept_query(chosen),
            done=DONE_WORDS.get(request.query_params.get("done", ""), ""),
        )

    return router


def filters(request: Request) -> dict[str, Any]:
    """Read what the board is narrowed to from its address."""
    query = request.query_params
    return {
        "owner": query.get("owner", "") if query.get("owner") in {"me", "none"} else "",
        "groups": "mine" if query.get("groups") == "mine" else "",
        "client": query.get("client", "")[:200],
        "priority": [name for name in PRIORITIES if name in query.getlist("priority")],
        "q": query.get("q", "").strip()[:200],
    }


def kept_query(chosen: Mapping[str, Any]) -> str:
    """The address of the board as it is narrowed now, without its leading question mark."""
    return urlencode([(name, value) for name, value in chosen.items() if value], doseq=True)


def asked(chosen: Mapping[str, Any], visit: Visit) -> Choices:
    """Turn the filters into the router's query."""
    query: Choices = [("limit", str(BOARD_TICKETS)), ("sort", "promise")]
    query += [(name, chosen[name]) for name in ("owner", "client", "q") if chosen[name]]
    query += [("priority", name) for name in chosen["priority"]]
    if chosen["groups"]:
        mine = visit.me.get("groups") or ["none of ours"]
        query += [("group", name) for name in mine[:MAX_CHOICES]]
    return query


def columns(board: Json, tickets: list[Json]) -> list[Json]:
    """Put the tickets into their tiers and groups, in the policy's order.

    Args:
        board: the router's columns with their groups.
        tickets: in the order they are to be shown; what somebody had to leave comes before that.

    Returns:
        A mapping a tier: `tier`, `count`, `groups`, each with its `tickets`; places the policy no
        longer knows come last, so that no ticket is out of sight.
    """
    found: dict[str, dict[str, Json]] = {}
    for column in board.get("columns", []):
        groups = found.setdefault(column["tier"], {})
        for group in column.get("groups", []):
            groups[group["name"]] = {**group, "tickets": []}
    for ticket in tickets:
        groups = found.setdefault(ticket.get("tier") or "no tier", {})
        name = ticket.get("group") or "no group"
        groups.setdefault(name, {"name": name, "tickets": []})["tickets"].append(ticket)
    for groups in found.values():
        for group in groups.values():
            group["tickets"].sort(key=lambda ticket: not ticket.get("claim_ended"))
    return [
        {
            "tier": tier,
            "groups": list(groups.values()),
            "count": sum(len(group["tickets"]) for group in groups.values()),
        }
        for tier, groups in found.items()
    ]


def storms_of(board: Json) -> dict[str, list[Json]]:
    """The storms that go on, by the group whose limits ran out."""
    found: dict[str, list[Json]] = {}
    for storm in board.get("storms") or []:
        found.setdefault(storm["group"], []).append(storm)
    return found


def summary(tickets: list[Json], visit: Visit) -> dict[str, int]:
    """Count what is shown."""
    return {
        "shown": len(tickets),
        "unclaimed": sum(not ticket.get("owner") for ticket in tickets),
        "broken": sum(bool((ticket.get("promise") or {}).get("breached")) for ticket in tickets),
        "mine": sum(ticket.get("owner") == visit.me.get("login") for ticket in tickets),
    }
