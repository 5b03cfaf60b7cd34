"""Previews of a policy as the router gives them, for the fake router."""

from fastapi import Request
from fastapi.responses import JSONResponse

PREVIEW = {
    "id": "abc123",
    "version": "sha256:new0",
    "base": "sha256:old0",
    "made_at": "2026-11-20T14:00:00Z",
    "made_by": "priya",
    "valid_until": "2026-11-20T14:15:00Z",
    "open": 412,
    "looked_at": 400,
    "fates": {"breached": 9, "less time": 2, "changed": 1, "more time": 31, "unchanged": 357},
    "next_changed": 2,
    "held": [{"place": "group Desk", "tickets": 3}, {"place": "tier T1", "tickets": 3}],
    "differences": [{"section": "slas", "name": "gold", "said": "gold's P3 plan: 4h -> <2h>"}],
    "tickets": [
        {
            "number": 1042,
            "title": "Disk almost full",
            "client": "Harbour Dental",
            "priority": "P2",
            "group": "Desk",
            "fate": "breached",
            "dues": {"resolve": {"old": "2026-11-20T18:00:00Z", "new": None}},
            "next_before": "Network (T2)",
            "next_after": "",
        }
    ],
    "unlisted": 4,
    "applied_at": None,
    "applied_by": "",
    "reason": "",
    "move": False,
    "only": [],
    "moved": 0,
    "ended_at": None,
}


def policy_routes(app, world):
    """What the console asks about versions of the policy."""

    @app.get("/v1/policy/previews")
    async def previews():
        return {"items": list(world.previews.values())}

    @app.get("/v1/policy/previews/{token}")
    async def preview(token: str):
        if token not in world.previews:
            return JSONResponse({"code": "no_such_preview", "detail": "there is no preview"}, 404)
        return world.previews[token]

    @app.post("/v1/policy/previews/{token}/{step}")
    async def decide(token: str, step: str, request: Request):
        key = request.headers.get("idempotency-key", "")
        world.asked.append((f"policy {step}", await request.json(), key))
        return world.refuse.get(step, {"moved": 0, "left": 0, "end": True})
