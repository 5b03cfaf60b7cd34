"""Storms as the router gives them."""

from fastapi import Request
from fastapi.responses import JSONResponse

TICKET = {
    "number": 1042, "title": "Printer <b>3", "client": "Harbour Dental", "priority": "P3",
    "state": "queued", "owner": "", "group": "Desk", "to_group": "Network", "waits": True,
}  # fmt: skip
GONE = {**TICKET, "number": 1044, "owner": "sam", "state": "working", "waits": False}
STORM = {
    "number": 3, "group": "Desk", "to_groups": ["Network"], "opened_at": "2026-11-20T14:00:00Z",
    "until": "2026-11-20T14:15:00Z", "over_at": None, "count": 3, "waiting": 2,
    "tickets": [TICKET, {**TICKET, "number": 1043}, GONE],
}  # fmt: skip


def row_of(storm):
    """A storm as a list has it."""
    return {name: value for name, value in storm.items() if name != "tickets"}


def storm_routes(app, world):
    """The storms of a fake router; what was decided is kept."""

    @app.get("/v1/storms/{number}")
    async def storm(number: int):
        found = [one for one in world.storms if one["number"] == number]
        gone = {"code": "no_such_storm", "detail": f"there is no storm {number}"}
        return found[0] if found else JSONResponse(gone, 404)

    @app.post("/v1/storms/{number}/decide")
    async def decide(number: int, request: Request):
        key = request.headers.get("idempotency-key", "")
        world.asked.append((f"decide {number}", await request.json(), key))
        return world.refuse.get("decide") or {"number": number, "moved": [], "kept": []}
