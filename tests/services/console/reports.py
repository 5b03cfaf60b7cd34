"""Reports as the router gives them."""

from fastapi import Request

LINE = {
    "number": 1042, "title": "Disk almost full", "client": "Harbour Dental", "priority": "P2",
    "owner": "", "at": "2026-11-20T18:30:00Z", "says": "the resolution breaks at", "what": "",
    "nobody_in": True,
}  # fmt: skip
LIST = {
    "group": "Desk", "tier": "T1", "kind": "closing", "at": "2026-11-20T14:05:00Z",
    "since": "2026-11-20T08:00:00Z", "closes_at": "2026-11-20T18:00:00Z",
    "opens_at": "2026-11-23T08:00:00Z", "tickets": 1, "more": False,
    "sections": [
        {"section": "breaks", "title": "Breaks before the next opening", "lines": [LINE], "more": 1}
    ],
}  # fmt: skip
WEEK = {
    "week": "2026-W46", "zone": "Europe/London", "since": "2026-11-09T00:00:00Z",
    "until": "2026-11-16T00:00:00Z", "complete": True,
    "rows": [
        {"name": "Work", "now": "", "before": ""},
        {"name": "resolved by people", "now": "12", "before": "9"},
    ],
}  # fmt: skip
LETTERS = [
    {
        "day": "2026-11-19", "kind": "closing", "about": "Desk", "at": "2026-11-19T17:30:00Z",
        "recipient": "priya", "state": "delivered", "why": "", "reason": "", "proof": "250 ok",
    }
]  # fmt: skip
LEDGER = {
    "since": "2026-10-21T14:05:00Z", "until": "2026-11-20T14:05:00Z", "count": 1, "lost_s": 2400,
    "more": False,
    "edges": [
        {
            "sent_by": "Desk", "sent_to": "Network", "count": 1, "lost_s": 2400,
            "bounces": [
                {
                    "ticket": 1042, "seq": 5, "client": "Harbour Dental", "title": "Disk <b>full",
                    "went_at": "2026-11-20T13:00:00Z", "back_at": "2026-11-20T13:40:00Z",
                    "lost_s": 2400, "reason": "not ours", "by": "tom",
                }
            ],
        }
    ],
}  # fmt: skip


TRAINING = {
    "now": "2026-11-20T14:05:00Z", "more": False,
    "agendas": [{"tier": "T1", "at": "2026-12-01T09:00:00Z", "open": 1, "planned": 0}],
    "items": [
        {
            "ticket": 1042, "seq": 9, "at": "2026-11-16T09:00:00Z", "client": "Harbour Dental",
            "category": "vpn", "title": "VPN token is lost", "tier": "T1", "kind": "guide",
            "text": "a new token", "by_recurrence": False, "like": [998], "state": "done",
            "by": "priya", "marked_at": "2026-11-17T09:00:00Z", "note": "",
            "effect": {"of": "vpn", "before": 6, "after": 1, "after_days": 3},
        }
    ],
}  # fmt: skip


def report_routes(app, world):
    """The reports of a fake router; what was asked is kept."""

    @app.get("/v1/training")
    async def training(request: Request):
        world.asked.append(("training", list(request.query_params.multi_items()), ""))
        return TRAINING

    @app.post("/v1/training/{ticket}/{seq}")
    async def mark(request: Request, ticket: int, seq: int):
        said = (f"mark {ticket}/{seq}", await request.json())
        world.asked.append((*said, request.headers.get("idempotency-key", "")))
        return world.refuse.get("mark") or {"ticket": ticket, "seq": seq}

    @app.get("/v1/groups/{name}/list")
    async def lead_list(name: str, at: str = "closing"):
        world.asked.append((f"list {name}", at, ""))
        return {**LIST, "group": name, **({} if name == "Desk" else {"sections": []})}

    @app.get("/v1/reports/week")
    async def week(week: str = "2026-W46"):
        return {**WEEK, "week": week}

    @app.get("/v1/letters")
    async def letters():
        return {"items": LETTERS}

    @app.get("/v1/reports/bounces")
    async def bounces(since: str, client: str = "", group: str = ""):
        world.asked.append(("bounces", (since, client, group), ""))
        return {**LEDGER, **({"edges": [], "count": 0} if client else {})}
