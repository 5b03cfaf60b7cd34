"""What scenarios do again and again: post an alert, find its ticket, move the clock, wait."""

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx

from tests.scenarios.running import Stack

T = TypeVar("T")
WAIT_SECONDS = 30.0
POLL_SECONDS = 0.05


def soon(look: Callable[[], T | None], what: str, seconds: float = WAIT_SECONDS) -> T:
    """What `look` finds, as soon as it finds something true."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(POLL_SECONDS)


class Help:
    """A person's hands on a running stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.api = stack.client()

    def alert(self, **fields: Any) -> str:
        """Post one alert, as the integration `by`; returns its dedup key."""
        by = fields.pop("by", "api")
        key = fields.pop("dedup_key", None) or f"k-{uuid.uuid4().hex[:12]}"
        alert = {"dedup_key": key, "title": f"Switch {key} is down", **fields}
        answer = httpx.post(
            f"{self.stack.url('intake')}/v1/alerts",
            json=alert,
            headers={"Authorization": f"Bearer {self.stack.key(by)}"},
            timeout=20,
        )
        assert answer.status_code == 202, answer.text
        return key

    def ticket_of(self, key: str) -> dict[str, Any]:
        """The newest ticket whose title holds `key`, as soon as there is one."""

        def look() -> dict[str, Any] | None:
            states = ["queued", "working", "on_hold", "resolved", "closed"]
            found = self.get("/v1/tickets", q=key, state=states, sort="number")["items"]
            return max(found, key=lambda row: row["number"]) if found else None

        return self.ticket(soon(look, f"a ticket for {key}")["number"])

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = self.api.get(path, params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def ticket(self, number: int) -> dict[str, Any]:
        return self.get(f"/v1/tickets/{number}")

    def events(self, number: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/v1/tickets/{number}/events", limit=200)["items"]
        return found

    def types(self, number: int) -> list[str]:
        return [event["type"] for event in self.events(number)]

    def event(self, number: int, name: str) -> dict[str, Any]:
        """The last event of that type, as soon as there is one."""

        def look() -> dict[str, Any] | None:
            found = [event for event in self.events(number) if event["type"] == name]
            return found[-1] if found else None

        return soon(look, f"{name} on {number}: {self.types(number)}")

    def do(self, number: int, command: str, **body: Any) -> dict[str, Any]:
        answer = self.api.post(f"/v1/tickets/{number}/{command}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, number: int, command: str, **body: Any) -> dict[str, Any]:
        answer = self.api.post(f"/v1/tickets/{number}/{command}", json=body)
        assert answer.status_code >= 400, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def open(self, **body: Any) -> dict[str, Any]:
        stated = {"type": "incident", "title": "Help", "client": "Harbour Dental", **body}
        answer = self.api.post("/v1/tickets", json=stated)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def now(self) -> datetime:
        return instant(self.get("/v1/clock")["now"])

    def jump(self, span: timedelta) -> datetime:
        """Move policy time forward; returns the new now."""
        answer = self.api.post("/v1/clock", json={"jump_s": span.total_seconds()})
        assert answer.status_code == 200, answer.text
        return instant(answer.json()["now"])

    def mails(self, rcpt: str) -> list[dict[str, Any]]:
        answer = httpx.get(
            f"{self.stack.url('mail')}.json", params={"rcpt": rcpt, "limit": 100}, timeout=20
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found: list[dict[str, Any]] = body["items"] if isinstance(body, dict) else body
        return found


def instant(text: str) -> datetime:
    """An instant as the API writes it."""
    return datetime.fromisoformat(text)
