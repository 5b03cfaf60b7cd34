"""A router in memory that keeps to the contract the console stands on; only for the tests."""

import asyncio
import json
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.services.console.duty import SCHEDULE, who_is_on
from tests.services.console.fake_policy import policy_routes
from tests.services.console.fake_records import DEVICE, records_routes
from tests.services.console.overseen import ACTION, RCA
from tests.services.console.reports import report_routes
from tests.services.console.stormy import row_of, storm_routes
from tests.services.console.world import NOW, PEOPLE, POLICY, ROW_FIELDS

PASSWORD = "correct horse"


def problem(status, code, detail, **extras):
    content = {"type": "about:blank", "title": code, "status": status, "detail": detail}
    return JSONResponse(
        {**content, "code": code, **extras}, status, media_type="application/problem+json"
    )


@dataclass
class World:
    """What the fake router knows, and what it was asked."""

    tickets: dict = field(default_factory=dict)
    events: dict = field(default_factory=dict)
    notices: list = field(default_factory=list)
    dues: dict = field(default_factory=dict)
    why: dict = field(default_factory=dict)
    known: list = field(default_factory=list)
    majors: list = field(default_factory=list)
    storms: list = field(default_factory=list)
    policy: dict = field(default_factory=lambda: deepcopy(POLICY))
    records: dict = field(
        default_factory=lambda: {
            "devices": {"Harbour Dental/hd-fw-01": (dict(DEVICE), 1)},
        }
    )
    record_changes: list = field(default_factory=list)
    clock: dict = field(
        default_factory=lambda: {
            "now": NOW, "real": NOW, "speed": 1, "held": False, "development": True,
        }
    )  # fmt: skip
    sessions: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    refuse: dict = field(default_factory=dict)
    away: bool = False
    endless: bool = False
    last_words: list = field(default_factory=list)
    subscribers: list = field(default_factory=list)
    previews: dict = field(default_factory=dict)
    guides: list = field(default_factory=list)
    schedules: list = field(default_factory=lambda: ["network rota"])
    questions: dict = field(default_factory=dict)
    booked: list = field(default_factory=list)
    confirmable: list = field(default_factory=list)

    def add(self, ticket, events=()):
        self.tickets[ticket["number"]] = ticket
        self.events[ticket["number"]] = list(events)
        return ticket

    def row(self, ticket):
        return {name: ticket.get(name) for name in ROW_FIELDS}

    def record(self, ticket, kind, by, words, what=None):
        ticket["seq"] += 1
        event = {
            "seq": ticket["seq"], "at": self.clock["now"], "recorded_at": self.clock["now"],
            "type": kind, "by": {"kind": "person", "name": by}, "what": what or {},
            "why": {"rule": f"asked by {by}", "policy": "3f9ac1d2", "values": {}},
            "cause": "", "clocks": [], "words": words,
        }  # fmt: skip
        self.events[ticket["number"]].append(event)
        told = {"number": ticket["number"], "seq": ticket["seq"], "type": kind, "words": words}
        self.send("ticket", {**told, "row": self.row(ticket)})
        return event

    def send(self, name, data):
        for loop, queue in list(self.subscribers):
            loop.call_soon_threadsafe(queue.put_nowait, (name, data))


def make_fake_router(world):
    """The application of a fake router on `world`."""
    app = FastAPI()

    def person(request):
        session = request.headers.get("authorization", "").removeprefix("Bearer ")
        return PEOPLE.get(world.sessions.get(session, ""))

    def link(request):
        raw = request.headers.get("authorization", "").removeprefix("Bearer ")
        return world.questions.get(raw) if request.url.path == "/v1/answer" else None

    @app.middleware("http")
    async def gate(request: Request, call_next):
        if world.away:
            return JSONResponse({}, 503)
        free = request.url.path in {"/healthz", "/v1/sessions"} or link(request) is not None
        if not free and person(request) is None:
            return problem(401, "unauthenticated", "no credential")
        return await call_next(request)

    _session_routes(app, world, person)
    _reading_routes(app, world, person)
    _writing_routes(app, world, person)
    records_routes(app, world)
    _duty_routes(app, world)
    policy_routes(app, world)
    report_routes(app, world)
    _agenda_routes(app, world, link)
    storm_routes(app, world)
    _stream_route(app, world)
    return app


def _duty_routes(app, world):
    @app.get("/v1/schedules")
    async def schedules():
        return {"items": [{**SCHEDULE, "name": name} for name in world.schedules]}

    @app.get("/v1/schedules/{name}")
    async def schedule(name: str, request: Request):
        world.asked.append(("schedule", list(request.query_params.multi_items()), ""))
        return {**SCHEDULE, "name": name}

    @app.get("/v1/on-call")
    async def on_call(request: Request):
        world.asked.append(("on-call", dict(request.query_params), ""))
        return who_is_on(request.query_params.get("client", ""))

    @app.post("/v1/schedules/{name}/overrides", status_code=201)
    async def override(name: str, request: Request):
        body = await request.json()
        world.asked.append((f"override {name}", body, request.headers.get("idempotency-key", "")))
        if "override" in world.refuse:
            return world.refuse["override"]
        return {"items": []}

    @app.delete("/v1/schedules/{name}/overrides/{made}", status_code=204)
    async def undo(name: str, made: str):
        world.asked.append((f"undo {name}", made, ""))
        return Response(status_code=204)


def _agenda_routes(app, world, link):
    @app.get("/v1/answer")
    async def question(request: Request):
        return link(request)

    @app.post("/v1/answer")
    async def answer(request: Request):
        body = await request.json()
        world.asked.append(("answer", body, ""))
        if "answer" in world.refuse:
            return world.refuse["answer"]
        link(request).update(state="approved", word=body["word"])
        return link(request)

    @app.get("/v1/scheduled")
    async def scheduled(request: Request):
        world.asked.append(("scheduled", dict(request.query_params), ""))
        return {"items": world.booked, "more": False}

    @app.get("/v1/to-confirm")
    async def to_confirm():
        return {"desk_owner": "sam", "items": world.confirmable, "more": False}


def _session_routes(app, world, person):
    @app.get("/healthz")
    async def healthz():
        return {"alive": True}

    @app.post("/v1/sessions", status_code=201)
    async def log_in(request: Request):
        body = await request.json()
        if body["login"] == "hasty":
            return problem(429, "too_many", "too many wrong tries")
        if body["login"] not in PEOPLE or body["password"] != PASSWORD:
            return problem(401, "wrong", "wrong")
        session = f"tls_{body['login']}{len(world.sessions)}"
        world.sessions[session] = body["login"]
        return {"session": session, "expires_at": NOW, "person": PEOPLE[body["login"]]}

    @app.delete("/v1/sessions/current", status_code=204)
    async def log_out(request: Request):
        world.sessions.pop(request.headers["authorization"].removeprefix("Bearer "), None)
        return Response(status_code=204)

    @app.get("/v1/me")
    async def me(request: Request):
        return {**person(request), "scopes": [], "clients": None, "development": True}

    @app.get("/v1/clock")
    async def clock():
        return world.clock

    @app.post("/v1/clock")
    async def set_clock(request: Request):
        body = await request.json()
        world.asked.append(("clock", body, ""))
        world.clock.update({name: body[name] for name in ("speed", "held") if name in body})
        world.send("clock", {name: world.clock[name] for name in ("now", "speed", "held")})
        return world.clock


def _reading_routes(app, world, person):
    @app.get("/v1/policy")
    async def policy():
        return world.policy

    @app.get("/v1/board")
    async def board():
        groups = world.policy["groups"]
        return {
            "columns": [
                {
                    "tier": tier,
                    "groups": [
                        {"name": g["name"], "staffed": g["staffed"], "load": 1, "unclaimed": 0}
                        for g in groups
                        if g["tier"] == tier
                    ],
                }
                for tier in world.policy["tiers"]
            ],
            "counts": {"open": len(world.tickets)},
            "majors": world.majors,
            "storms": [row_of(storm) for storm in world.storms],
        }

    @app.get("/v1/known-errors")
    async def known_errors(client: str = ""):
        return {"items": [one for one in world.known if client in {"", one["client"]}]}

    @app.get("/v1/tickets")
    async def tickets(request: Request):
        query = request.query_params
        world.asked.append(("tickets", list(query.multi_items()), ""))
        login = person(request)["login"]
        owner = {"me": login, "none": ""}.get(query.get("owner", ""), query.get("owner"))
        found = [
            world.row(ticket)
            for ticket in world.tickets.values()
            if ticket["state"] != "closed"
            and (owner is None or ticket["owner"] == owner)
            and (not query.get("client") or ticket["client"] == query["client"])
            and (not query.getlist("priority") or ticket["priority"] in query.getlist("priority"))
            and (not query.getlist("group") or ticket["group"] in query.getlist("group"))
            and query.get("q", "").lower() in ticket["title"].lower()
        ]
        return {"items": found, "next_cursor": None}

    @app.get("/v1/tickets/{number}")
    async def ticket(number: int):
        if number not in world.tickets:
            return problem(404, "not_found", "There is no such ticket.")
        return world.tickets[number]

    @app.get("/v1/tickets/{number}/rca")
    async def rca(number: int):
        return {**RCA, "number": number}

    @app.get("/v1/actions")
    async def actions(request: Request):
        world.asked.append(("actions", list(request.query_params.multi_items()), ""))
        return {"items": [ACTION], "now": NOW, "next_cursor": "c-1"}

    @app.get("/v1/tickets/{number}/events")
    async def events(number: int, after: int = 0, limit: int = 200):
        return {"items": [e for e in world.events[number] if e["seq"] > after][:limit]}

    @app.get("/v1/tickets/{number}/notices")
    async def ticket_notices(number: int):
        return {"items": [one for one in world.notices if one["ticket"] == number]}

    @app.get("/v1/tickets/{number}/due")
    async def due(number: int):
        return {"number": number, "now": NOW, "clocks": world.dues.get(number, [])}

    @app.get("/v1/tickets/{number}/guides")
    async def guides(number: int):
        return {"items": world.guides}

    @app.get("/v1/tickets/{number}/why")
    async def why(request: Request, number: int):
        if request.query_params.get("still") == "T9":
            return problem(422, "nothing_to_explain", "there is no tier T9: T1, T2")
        return {**world.why, "number": number, "values": dict(request.query_params)}

    @app.get("/v1/notices")
    async def notices(state: str = "", limit: int = 100):
        found = [one for one in world.notices if state in {"", one["state"]}]
        return {"items": found[:limit], "next_cursor": None}


def _writing_routes(app, world, person):
    @app.post("/v1/next")
    async def claim_next(request: Request):
        world.asked.append(("next", await request.json(), request.headers["idempotency-key"]))
        free = [one for one in world.tickets.values() if not one["owner"]]
        if not free:
            return {"ticket": None, "events": [], "why": "Nothing waits."}
        free[0].update(owner=person(request)["login"], state="working")
        return {"ticket": free[0], "events": [], "why": "P2 comes first."}

    @app.post("/v1/tickets", status_code=201)
    async def open_ticket(request: Request):
        body = await request.json()
        world.asked.append(("open", body, request.headers.get("idempotency-key", "")))
        if "open" in world.refuse:
            return world.refuse["open"]
        return next(iter(world.tickets.values()))

    @app.post("/v1/tickets/{number}/{command}")
    async def act(request: Request, number: int, command: str):
        body, who = await request.json(), person(request)
        world.asked.append((command, body, request.headers.get("idempotency-key", "")))
        ticket = world.tickets[number]
        if command in world.refuse:
            return world.refuse[command]
        if command == "priority" and body.get("preview"):
            dues = {"resolve": {"old": ticket["promise"]["due"], "new": "2026-11-23T18:00:00Z"}}
            return {"preview": True, "old": "P2", "new": "P3", "dues": dues}
        if command == "claim":
            if ticket["owner"]:
                place = {name: ticket[name] for name in ("state", "tier", "group", "owner")}
                return problem(409, "claimed", f"{ticket['owner']} has it already", place=place)
            ticket.update(owner=body.get("owner", who["login"]), state="working")
        event = world.record(ticket, command, who["login"], f"{who['name']} did {command}.", body)
        return {"ticket": ticket, "events": [event]}


def _stream_route(app, world):
    async def lines() -> AsyncIterator[str]:
        queue: asyncio.Queue = asyncio.Queue(maxsize=100)
        here = (asyncio.get_running_loop(), queue)
        world.subscribers.append(here)
        try:
            yield _line("clock", {name: world.clock[name] for name in ("now", "speed", "held")})
            for name, data in world.last_words:
                yield _line(name, data)
            while world.endless and (told := await queue.get()):
                yield _line(*told)
        finally:
            world.subscribers.remove(here)

    @app.get("/v1/stream")
    async def stream():
        return StreamingResponse(lines(), media_type="text/event-stream")


def _line(name, data):
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
