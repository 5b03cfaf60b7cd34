"""A console on a fake router, and a browser-like client that is logged in to it."""

import re

import httpx
import pytest
import pytest_asyncio

from console.app import make_app
from console.router_client import Router
from console.settings import ConsoleSettings
from tests.services.console.fake_router import PASSWORD, World, make_fake_router
from tests.services.console.world import make_events, make_notice, make_ticket

SECRET = "s" * 40


def settings(**more):
    values = {
        "port": 8080, "secret": SECRET, "router_url": "http://router.test",
        "intake_url": "http://intake.test", "notifier_url": "http://notifier.test",
        "development": True,
    }  # fmt: skip
    return ConsoleSettings(**(values | more))


class Person:
    """Somebody with a browser, without its script."""

    def __init__(self, app):
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=True),
            base_url="http://console.test",
        )

    async def get(self, path, **more):
        return await self.client.get(path, **more)

    async def token(self, path="/new"):
        page = await self.get(path)
        return re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)[1]

    async def send(self, path, fields, *, token=None, **more):
        data = {"csrf": await self.token() if token is None else token, **fields}
        return await self.client.post(path, data=data, **more)

    async def log_in(self, login="sam", password=PASSWORD, **more):
        fields = {"login": login, "password": password, **more}
        return await self.send("/login", fields, token=await self.token("/login"))


@pytest.fixture
def world():
    made = World()
    made.add(make_ticket(1042, "Disk almost full on hd-srv-01"), make_events())
    made.notices.append(make_notice(1042, 2))
    return made


@pytest.fixture
def make_console(world):
    def make(**more):
        transport = httpx.ASGITransport(app=make_fake_router(world))
        return make_app(settings(**more), Router("http://router.test", transport))

    return make


@pytest.fixture
def visitor(make_console):
    return Person(make_console())


@pytest_asyncio.fixture
async def sam(visitor):
    await visitor.log_in()
    return visitor


@pytest_asyncio.fixture
async def priya(make_console):
    person = Person(make_console())
    await person.log_in("priya")
    return person
