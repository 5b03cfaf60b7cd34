"""The live stream is the router's own, under the session of whoever looks."""

import httpx

from console.app import make_app
from console.router_client import Router
from tests.services.console.conftest import Person, settings


async def test_the_stream_is_passed_on_as_it_is(sam, world):
    world.last_words = [("ticket", {"number": 1042, "words": "Sam claimed it."}), ("resync", {})]
    answer = await sam.get("/stream")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    names = [line for line in answer.text.splitlines() if line.startswith("event: ")]
    assert names == ["event: clock", "event: ticket", "event: resync"]
    assert '"Sam claimed it."' in answer.text


async def test_the_stream_needs_a_login(visitor, sam, world):
    assert (await Person(visitor.client._transport.app).get("/stream")).status_code == 401
    world.sessions.clear()
    assert (await sam.get("/stream")).status_code == 401


async def test_a_router_that_is_away_is_said_so_that_the_browser_comes_back(sam, world):
    world.away = True
    answer = await sam.get("/stream")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"


class Lines(httpx.AsyncByteStream):
    """A stream that notes when it is closed, and may break off."""

    def __init__(self, *chunks, breaks=False):
        self.chunks = chunks
        self.breaks = breaks
        self.closed = False

    async def __aiter__(self):
        for chunk in self.chunks:
            yield chunk
        if self.breaks:
            raise httpx.ReadError("gone")

    async def aclose(self):
        self.closed = True


def console_on(lines, status=200):
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(status, stream=lines)

    router = Router("http://router.test", httpx.MockTransport(answer))
    return make_app(settings(), router), router, seen


async def test_the_sessions_credential_goes_with_it_and_no_cookie():
    app, _, seen = console_on(Lines(b"event: clock\ndata: {}\n\n"))
    person = Person(app)
    person.client.cookies.set("tierline_session_8080", "tls_abc")
    await person.get("/stream")
    assert seen[0].headers["authorization"] == "Bearer tls_abc"
    assert "cookie" not in seen[0].headers


async def test_a_stream_that_breaks_off_ends_without_an_error():
    lines = Lines(b"event: clock\ndata: {}\n\n", breaks=True)
    app, _, _ = console_on(lines)
    person = Person(app)
    person.client.cookies.set("tierline_session_8080", "tls_abc")
    answer = await person.get("/stream")
    assert answer.text == "event: clock\ndata: {}\n\n"
    assert lines.closed


async def test_when_the_browser_goes_the_routers_stream_is_closed():
    lines = Lines(b"one", b"two")
    _, router, _ = console_on(lines)
    chunks = await router.stream("tls_abc")
    assert await anext(chunks) == b"one"
    assert not lines.closed
    await chunks.aclose()
    assert lines.closed


async def test_a_refused_stream_is_closed_too():
    lines = Lines(b"{}")
    app, _, _ = console_on(lines, status=403)
    person = Person(app)
    person.client.cookies.set("tierline_session_8080", "tls_abc")
    assert (await person.get("/stream")).status_code == 503
    assert lines.closed
