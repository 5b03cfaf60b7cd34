"""One connection to a receiver: where an answer ends, and what may not be taken for one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from notifier.guard import Guard, RefusedTargetError
from notifier.http import HttpSender
from notifier.limits import ANSWER_BYTES, ANSWER_HEAD_BYTES, HttpTimeouts
from notifier.target import target_of
from notifier.wire import Answer, UnansweredError
from tests.services.notifier.receivers import HttpReceiver, Reply, http_receiver

EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
QUICK = HttpTimeouts(connect=2.0, total=2.0)


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    async with http_receiver() as http:
        yield http


@asynccontextmanager
async def sending() -> AsyncIterator[Callable[[HttpReceiver], "asyncio.Future[Answer]"]]:
    sender = HttpSender(Guard(["127.0.0.0/8"]), QUICK)
    try:
        yield lambda receiver: sender.post(receiver.url, {"x-key": "msg_1"}, b"{}")
    finally:
        await sender.close()


async def raw(receiver: HttpReceiver, answer: bytes) -> Answer:
    receiver.answer(Reply(raw=answer))
    async with sending() as post:
        return await post(receiver)


async def test_the_request_names_its_host_its_length_and_what_it_was_given(
    receiver: HttpReceiver,
) -> None:
    async with sending() as post:
        await post(receiver)
    [request] = receiver.requests
    assert request.target == "/hook"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["content-length"] == "2"
    assert request.headers["x-key"] == "msg_1"
    assert request.body == b"{}"


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n",
            200,
            "ok!",
        ),
        (EARLY_HINTS + b"HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\nlate", 202, "late"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, "old"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nto the end", 200, "to the end"),
    ],
)
async def test_an_answer_ends_as_http_says(
    receiver: HttpReceiver, answer: bytes, status: int, text: str
) -> None:
    assert await raw(receiver, answer) == Answer(status, "", text)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        EARLY_HINTS,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00" * 64,
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * (2 * ANSWER_HEAD_BYTES),
    ],
)
async def test_what_is_cut_off_or_is_not_http_is_no_answer(
    receiver: HttpReceiver, answer: bytes
) -> None:
    with pytest.raises(UnansweredError):
        await raw(receiver, answer)


async def test_a_receiver_that_wants_another_protocol_is_told_of_in_words(
    receiver: HttpReceiver,
) -> None:
    with pytest.raises(UnansweredError, match="another protocol"):
        await raw(receiver, b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")


async def test_a_long_answer_is_cut_and_its_connection_not_used_again(
    receiver: HttpReceiver,
) -> None:
    receiver.answer(Reply(500, body=b"x" * (4 * ANSWER_BYTES)))
    async with sending() as post:
        assert len((await post(receiver)).text) == ANSWER_BYTES
        assert (await post(receiver)).status == 204
    assert receiver.connections == 2


@pytest.mark.parametrize(
    "forged", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: "]
)
async def test_a_second_answer_nobody_asked_for_is_not_taken_for_the_next(
    receiver: HttpReceiver, forged: bytes
) -> None:
    receiver.answer(Reply(500, {"Content-Length": "0"}, body=forged), Reply(503))
    async with sending() as post:
        assert (await post(receiver)).status == 500
        assert (await post(receiver)).status == 503
    assert receiver.connections == 2


async def test_a_receiver_that_says_close_is_connected_to_anew(receiver: HttpReceiver) -> None:
    receiver.answer(Reply(200, {"Connection": "close"}))
    async with sending() as post:
        await post(receiver)
        assert (await post(receiver)).status == 204
    assert receiver.connections == 2


async def test_sends_side_by_side_each_get_their_own_answer(receiver: HttpReceiver) -> None:
    receiver.answer(*(Reply(status) for status in range(200, 220)))
    async with sending() as post:
        answers = await asyncio.gather(*(post(receiver) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == list(range(200, 220))
    assert len(receiver.requests) == 20


@pytest.mark.parametrize("value", ["a\r\nx: 1", "a\nb", "\x00", "ö"])
async def test_a_header_that_would_be_two_is_refused(receiver: HttpReceiver, value: str) -> None:
    sender = HttpSender(Guard(["127.0.0.0/8"]), QUICK)
    with pytest.raises(ValueError, match="header"):
        await sender.post(receiver.url, {"x-key": value}, b"{}")
    await sender.close()
    assert receiver.connections == 0


@pytest.mark.parametrize(
    ("url", "authority", "path", "port"),
    [
        ("https://hooks.example", "hooks.example", "/", 443),
        ("http://hooks.example:8080/a/b?c=d#e", "hooks.example:8080", "/a/b?c=d", 8080),
        ("https://[2606:4700::1]/x", "[2606:4700::1]", "/x", 443),
        ("https://hooks.example?c", "hooks.example", "/?c", 443),
    ],
)
def test_a_target_is_what_its_url_says(url: str, authority: str, path: str, port: int) -> None:
    target = target_of(url)
    assert (target.authority, target.path, target.port) == (authority, path, port)


def test_a_url_that_may_not_be_posted_to_has_no_target() -> None:
    with pytest.raises(RefusedTargetError):
        target_of("https://user@hooks.example/")
