"""Browsers, and a console on a fake router to point them at."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn

from console.app import make_app
from console.router_client import Router
from console.settings import ConsoleSettings
from tests.browser.chromium import Browser, missing
from tests.services.console.fake_router import World, make_fake_router
from tests.services.console.world import make_events, make_ticket
from tierline.runtime.ports import find_free_port

READY_SECONDS = 10.0

Closing = Callable[[], Awaitable[None]]


class Server:
    """An application on a port of its own, in a thread of its own."""

    def __init__(self, app: Any, closing: Closing | None = None) -> None:
        self._closing = closing
        self.port = find_free_port()
        config = uvicorn.Config(
            app, port=self.port, log_level="error", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._ready = threading.Event()

    async def _run(self) -> None:
        await self._server.serve()
        if self._closing is not None:
            await self._closing()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()
        waiting = threading.Event()
        for _ in range(int(READY_SECONDS / 0.02)):
            if self._server.started:
                return
            waiting.wait(0.02)
        raise TimeoutError("the server did not start")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(READY_SECONDS)


@dataclass
class Site:
    """A running console and the world behind it."""

    url: str
    world: World


@pytest.fixture
def site() -> Iterator[Site]:
    """A console on a fake router with one unclaimed ticket, number 1042."""
    world = World(endless=True)
    world.add(make_ticket(1042, "Disk almost full on hd-srv-01"), make_events())
    router = Server(make_fake_router(world))
    router.start()
    settings = ConsoleSettings(
        port=find_free_port(), secret="s" * 40, router_url=router.url, development=True,
        intake_url="http://127.0.0.1:8081",
    )  # fmt: skip
    client = Router(router.url)
    console = Server(make_app(settings, client), client.close)
    console.start()
    yield Site(console.url, world)
    console.stop()
    router.stop()


@pytest.fixture
def open_browser() -> Iterator[Callable[..., Browser]]:
    """Opens browsers, and closes them after the test."""
    if reason := missing():
        if os.environ.get("TIERLINE_REQUIRE_ALL") == "1":
            pytest.fail(f"TIERLINE_REQUIRE_ALL=1, and {reason}")
        pytest.skip(reason)
    opened: list[Browser] = []

    def make(url: str, **more: Any) -> Browser:
        opened.append(Browser(url, **more))
        return opened[-1]

    yield make
    for browser in opened:
        browser.close()
