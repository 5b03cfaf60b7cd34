"""Requests that go wrong on their way: slow, cut off, too much at once, or a fault of ours."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.intake.conftest import alert


async def ask(rig, key: str, *messages: dict, hang: bool = False) -> list[dict]:
    """Send ASGI messages as the server would; returns what was sent back."""
    waiting = list(messages)
    sent: list[Any] = []

    async def receive() -> dict:
        if waiting:
            return waiting.pop(0)
        assert hang, "asked for more than was sent"
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/alerts",
        "headers": [(b"authorization", f"Bearer {key}".encode())],
    }
    await rig.client._transport.app(scope, receive, send)
    return sent


def part(body: bytes, *, more: bool) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_may_come_in_parts(rig) -> None:
    key = await rig.integration("api")
    whole = json.dumps(alert()).encode()
    parts = [part(whole[:7], more=True), part(whole[7:], more=True), part(b"", more=False)]
    assert (await ask(rig, key, *parts))[0]["status"] == 202


async def test_a_body_that_never_ends_is_a_408(rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intake.routes.body.BODY_SECONDS", 0.05)
    key = await rig.integration("api")
    sent = await ask(rig, key, part(b"{", more=True), hang=True)
    assert sent[0]["status"] == 408


async def test_a_sender_that_hangs_up_is_not_answered(rig) -> None:
    key = await rig.integration("api")
    whole = json.dumps(alert()).encode()
    assert await ask(rig, key, part(whole, more=True), {"type": "http.disconnect"}) == []
    assert await rig.fetch("SELECT FROM tierline.alert") == []


async def test_too_much_being_sent_at_once_is_a_503_and_is_forgotten(
    rig, monkeypatch: pytest.MonkeyPatch, eventually: Callable
) -> None:
    key = await rig.integration("api")
    whole = json.dumps(alert()).encode()
    monkeypatch.setattr("intake.routes.body.OPEN_BYTES_MAX", len(whole) + 5)
    first = asyncio.create_task(ask(rig, key, part(whole, more=True), hang=True))
    await eventually(lambda: rig.client._transport.app.alerts._reader._open)
    sent = await ask(rig, key, part(whole[:9], more=True))
    assert sent[0]["status"] == 503
    first.cancel()
    await asyncio.wait([first])
    assert (await ask(rig, key, part(whole, more=False)))[0]["status"] == 202


async def test_a_fault_of_ours_is_a_500_problem(rig, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await rig.integration("api")
    monkeypatch.setattr("intake.routes.alerts.adapter_for", lambda *_: 1 / 0)
    answer = await rig.post(key, alert())
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "division" not in answer.text
