"""A router that answers from a table, for commands run in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from typer.main import get_command
from typer.testing import CliRunner, Result

from tierline.cli.main import app

URL = "http://router.test"
TOKEN = "tl_" + "a" * 43
NOW = "2026-11-23T09:00:00Z"
CLOCK = {"now": NOW, "real": NOW, "speed": 1.0, "held": False, "development": True}

Answer = dict[str, Any] | tuple[int, dict[str, Any]] | Callable[[httpx.Request], httpx.Response]


def ticket(**more: Any) -> dict[str, Any]:
    """A ticket as the API gives it: P2, claimed by ines at T2, with two clocks."""
    return {
        "number": 1001,
        "type": "alert",
        "title": "Firewall hd-fw-01 is down",
        "client": "Harbour Dental",
        "state": "working",
        "priority": "P2",
        "tier": "T2",
        "group": "Network",
        "owner": "ines",
        "desk_owner": "sam",
        "category": "firewall",
        "host": "hd-fw-01",
        "site": "Quay Street",
        "opened_at": "2026-11-23T08:30:00Z",
        "alerts": 3,
        "promise": {"clock": "resolve", "due": "2026-11-23T12:30:00Z", "breached": False},
        "internal": {"clock": "tier", "due": "2026-11-23T09:23:00Z", "breached": False},
        "body": "no answer to ping",
        "requester": {"name": "Ruth", "email": "ruth@harbourdental.example"},
        "links": ["https://monitoring.example/1"],
        "linked": [],
        "clocks": [
            clock("respond", met_at="2026-11-23T08:40:00Z", running=False),
            clock("resolve", due="2026-11-23T12:30:00Z", target_s=14400, used_s=1800),
        ],
        "plan": None,
        "hold": None,
        "proposal": None,
        "helper": "",
        "resolution": "",
        "restored_at": None,
        "notices": {"delivered": 1},
        "allowed": ["plan", "move", "resolve"],
        "seq": 4,
        **more,
    }


def clock(name: str, **more: Any) -> dict[str, Any]:
    """A clock of a ticket as the API gives it."""
    plain = {"name": name, "cycle": 1, "target_s": 900, "used_s": 600.0, "due": None}
    ends = {"running": True, "met_at": None, "breached_at": None, "stopped_by": ""}
    return {**plain, **ends, **more}


def event(seq: int, words: str, by: str = "ines") -> dict[str, Any]:
    """An event of a timeline as the API gives it."""
    who = {"kind": "person", "name": by}
    return {"seq": seq, "at": f"2026-11-23T08:3{seq % 10}:00Z", "by": who, "words": words}


def notice(**more: Any) -> dict[str, Any]:
    """A notice as the API gives it, delivered at the second attempt."""
    tries = [
        {"number": 1, "began_at": NOW, "outcome": "failed", "detail": "450 mailbox busy"},
        {"number": 2, "began_at": NOW, "outcome": "delivered", "detail": ""},
    ]
    return {
        "ticket": 1001,
        "seq": 4,
        "kind": "person",
        "recipient": "tom",
        "occasion": "escalated",
        "reach": "notify",
        "state": "delivered",
        "reason": "",
        "why": "receiver",
        "channel": "mail",
        "address": "tom@northwind.example",
        "attempts": tries,
        "proof": "250 ok",
        "created_at": NOW,
        "settled_at": NOW,
        **more,
    }


def problem(status: int, code: str, detail: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """A refusal: the status with its problem document."""
    return status, {
        "type": "x",
        "title": "T",
        "status": status,
        "code": code,
        "detail": detail,
    } | more


@dataclass
class FakeRouter(httpx.BaseTransport):
    """Answers from `answers`, by method and path; the policy clock answers by itself.

    A list of answers is given one after the other, the last one for good.
    """

    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        found = {"GET /v1/clock": CLOCK, **self.answers}.get(f"{request.method} {request.url.path}")
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if found is None:
            found = problem(404, "not_found", "there is nothing at this address")
        if callable(found):
            return found(request)
        status, body = found if isinstance(found, tuple) else (200, found)
        return httpx.Response(status, json=body)

    def writes(self) -> list[tuple[str, dict[str, Any]]]:
        """Path and body of every write, in order."""
        return [
            (request.url.path, json.loads(request.content))
            for request in self.asked
            if request.method == "POST"
        ]


def run(
    router: httpx.BaseTransport | None, *args: str, env: dict[str, str | None] | None = None
) -> Result:
    """Run `tierline` with these arguments on an 80-column screen."""
    known: dict[str, str | None] = {
        "TIERLINE_URL": URL,
        "TIERLINE_TOKEN": TOKEN,
        "TIERLINE_HOME": "/nowhere",
        "COLUMNS": "80",
        **(env or {}),
    }
    return CliRunner(env=known).invoke(app, list(args), obj=router, prog_name="tierline")


def document(result: Result) -> Any:
    """The one JSON document on standard output."""
    return json.loads(result.stdout)


def commands() -> Any:
    """The command tree."""
    return get_command(app)
