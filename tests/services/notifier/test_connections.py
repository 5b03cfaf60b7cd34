"""Connections that are kept: which are used again, and which are given up."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from notifier import connections
from notifier.guard import Guard
from notifier.http import HttpSender
from tests.services.notifier.receivers import HttpReceiver, Reply, http_receiver


@pytest.fixture
async def one() -> AsyncIterator[HttpReceiver]:
    async with http_receiver() as receiver:
        yield receiver


@pytest.fixture
async def other() -> AsyncIterator[HttpReceiver]:
    async with http_receiver() as receiver:
        yield receiver


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    sender = HttpSender(Guard(["127.0.0.0/8"]))
    yield sender
    await sender.close()


async def post(sender: HttpSender, receiver: HttpReceiver) -> int:
    return (await sender.post(receiver.url, {}, b"{}")).status


async def test_one_receiver_is_connected_to_once(sender: HttpSender, one: HttpReceiver) -> None:
    for _ in range(3):
        await post(sender, one)
    assert one.connections == 1


async def test_a_connection_too_many_is_not_looked_for_where_all_are_in_use(
    sender: HttpSender, one: HttpReceiver, other: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver used longest ago keeps none: its only one is under way."""
    monkeypatch.setattr(connections, "KEPT_CONNECTIONS", 1)
    await post(sender, one)
    one.answer(Reply(never=True))
    under_way = asyncio.create_task(post(sender, one))
    while len(one.requests) < 2:
        await asyncio.sleep(0)
    answers = await asyncio.gather(*(post(sender, other) for _ in range(3)))
    assert answers == [204] * 3
    under_way.cancel()


async def test_the_receiver_used_longest_ago_loses_its_connection_first(
    sender: HttpSender, one: HttpReceiver, other: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "KEPT_CONNECTIONS", 1)
    for receiver in (one, other, other, one):
        await post(sender, receiver)
    assert (one.connections, other.connections) == (2, 1)
