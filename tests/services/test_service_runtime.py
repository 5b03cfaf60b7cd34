"""How a service runs: ready, stopped by a signal, ended by a failing part, told on /readyz."""

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from fastapi import FastAPI

from tierline.runtime.bounded_http import HEAD_BYTES_MAX
from tierline.runtime.logs import configure_logging
from tierline.runtime.ports import find_free_port
from tierline.runtime.probes import http_probe
from tierline.runtime.requests import Watched
from tierline.runtime.service import _server
from tierline.runtime.settings import ServiceSettings, SettingsError, load_settings
from tierline.web.health import health_router

SERVICE = """
import asyncio, sys
from fastapi import FastAPI, Request, Response
from tierline.runtime.service import Service, run_service
from tierline.web.health import health_router

async def obedient(stop):
    await stop.wait()
    print("loop saw the stop", flush=True)

async def deaf(stop):
    await asyncio.sleep(3600)

async def crashing(stop):
    await asyncio.sleep(0.05)
    raise RuntimeError("the loop's own error")

async def deserting(stop):
    await asyncio.sleep(0.05)

async def build(settings):
    app = FastAPI()
    app.include_router(health_router("probe", {}))

    @app.get("/endless")
    async def endless():
        from fastapi.responses import StreamingResponse
        async def lines():
            while True:
                yield b"line\\n"
                await asyncio.sleep(0.05)
        return StreamingResponse(lines())

    begun = []

    @app.post("/echo")
    async def echo(request: Request):
        begun.append(1)
        return Response(await request.body())

    @app.get("/echoing")
    async def echoing():
        return len(begun)

    async def closed():
        print("closed", flush=True)

    loops = [("loop", globals()[sys.argv[1]])]
    return Service(name="probe", app=app, loops=loops, on_stop=[closed])

run_service("probe", build)
"""


NOBODY = "127.0.0.1:1"
"""An address where nobody listens."""


def environment(port: int, **extra: str) -> dict[str, str]:
    return {
        "TIERLINE_DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d",
        "TIERLINE_KAFKA_BOOTSTRAP": NOBODY,
        "TIERLINE_SECRET": "s" * 32,
        "TIERLINE_PORT": str(port),
        **extra,
    }


async def launch(loop: str, variables: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, loop,
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def outcome(process: asyncio.subprocess.Process) -> tuple[int | None, str, list[dict]]:
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, output.decode(), [json.loads(line) for line in errors.splitlines()]


async def ready(port: int) -> bool:
    return await http_probe(f"http://127.0.0.1:{port}/readyz")() is None


BALANCERS_KEEP_S = 60
"""What nginx keeps a connection to its upstream by default; most clouds' balancers do the same."""


def test_the_service_is_not_the_first_to_close_a_balancers_connection():
    """Else a request that is just under way is lost, and POST is not one to be sent again."""
    assert _server(Watched(FastAPI()), 1.0).config.timeout_keep_alive > BALANCERS_KEEP_S


async def test_sigterm_tells_the_loops_closes_and_ends_with_0(eventually):
    port = find_free_port()
    process = await launch("obedient", environment(port))
    await eventually(lambda: ready(port))
    process.send_signal(signal.SIGTERM)
    code, output, lines = await outcome(process)
    assert code == 0
    assert output.splitlines() == ["loop saw the stop", "closed"]
    assert {line["service"] for line in lines} == {"probe"}


async def test_deaf_loop_and_open_stream_are_cut_at_the_end_of_the_stop_time(eventually):
    port = find_free_port()
    process = await launch("deaf", environment(port, TIERLINE_STOP_SECONDS="0.5"))
    await eventually(lambda: ready(port))
    async with (
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("GET", f"http://127.0.0.1:{port}/endless") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == "line"
        process.send_signal(signal.SIGTERM)
        code, output, logged = await outcome(process)
    assert (code, output) == (0, "closed\n")
    assert any(line.get("loop") == "loop" for line in logged)


async def test_crashed_loop_is_logged_with_its_traceback_and_ends_with_1():
    process = await launch("crashing", environment(find_free_port()))
    code, output, lines = await outcome(process)
    assert (code, output) == (1, "closed\n")
    crash = next(line for line in lines if line["event"] == "a loop crashed")
    assert "the loop's own error" in crash["exception"]
    assert "Traceback" in crash["exception"]


async def test_loop_that_returns_by_itself_ends_with_1():
    code, _, lines = await outcome(await launch("deserting", environment(find_free_port())))
    assert code == 1
    assert any(line["event"] == "a loop ended by itself" for line in lines)


async def test_taken_port_is_logged_without_a_traceback(eventually):
    port = find_free_port()
    first = await launch("obedient", environment(port))
    await eventually(lambda: ready(port))
    code, _, lines = await outcome(await launch("obedient", environment(port)))
    first.terminate()
    await outcome(first)
    assert code == 1
    assert [line["event"] for line in lines] == ["cannot listen"]
    assert lines[0]["port"] == port


async def test_service_ends_when_its_supervisor_is_another_process():
    """Where no kernel ties it to its parent, it looks for itself."""
    variables = environment(find_free_port(), TIERLINE_SUPERVISOR_PID="1")
    code, output, _ = await outcome(await launch("obedient", variables))
    assert code == 0
    assert "loop saw the stop" in output


async def test_missing_variables_are_named_and_end_with_2():
    variables = environment(find_free_port())
    del variables["TIERLINE_DATABASE_URL"], variables["TIERLINE_SECRET"]
    process = await launch("obedient", variables)
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert errors.decode().splitlines() == [
        "TIERLINE_DATABASE_URL is not set",
        "TIERLINE_SECRET is not set",
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TIERLINE_DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("TIERLINE_KAFKA_BOOTSTRAP", "hunter2"),
        ("TIERLINE_PORT", "0"),
        ("TIERLINE_SECRET", "hunter2"),
        ("TIERLINE_ROUTER_URL", "ftp://hunter2"),
        ("TIERLINE_LOG_LEVEL", "hunter2"),
        ("TIERLINE_STOP_SECONDS", "-1"),
    ],
)
def test_wrong_variable_is_named_and_its_value_is_not_shown(monkeypatch, variable, value):
    for name, good in environment(8080).items():
        monkeypatch.setenv(name, good)
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(ServiceSettings)
    assert str(caught.value).startswith(f"{variable}: ")
    assert "hunter2" not in str(caught.value)


def test_settings_are_read_and_secrets_are_not_printed(monkeypatch):
    values = environment(
        8080, TIERLINE_DEVELOPMENT="1", TIERLINE_ROUTER_URL="http://127.0.0.1:8082/"
    )
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(ServiceSettings)
    assert (settings.port, settings.development) == (8080, True)
    assert settings.router_url == "http://127.0.0.1:8082"
    assert "s" * 32 not in repr(settings)
    assert "postgresql" not in repr(settings)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async def fine() -> str | None:
        return None

    async def behind() -> str | None:
        return "12 s behind"

    async def broken() -> str | None:
        raise ConnectionError("postgresql://u:hunter2@h/d")

    async def hanging() -> str | None:
        await asyncio.sleep(3600)
        return None

    app = FastAPI()
    app.include_router(health_router("good", {"database": fine}))
    bad = {"database": fine, "lag": behind, "broker": broken, "disk": hanging}
    app.include_router(health_router("bad", bad), prefix="/bad")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://probe") as made:
        yield made


async def test_ready_service_says_so_for_each_check(client: httpx.AsyncClient):
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"service": "good", "ready": True, "checks": {"database": "ok"}}


async def test_unready_service_names_each_reason_and_no_secret(client: httpx.AsyncClient):
    answer = await client.get("/bad/readyz")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert (checks["database"], checks["lag"]) == ("ok", "12 s behind")
    assert checks["broker"] == "ConnectionError"
    assert "no answer within" in checks["disk"]


async def test_unready_service_is_still_alive_and_measured(client: httpx.AsyncClient):
    assert (await client.get("/bad/healthz")).status_code == 200
    metrics = await client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "python_info" in metrics.text


@pytest.mark.parametrize(
    "start",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ],
    ids=["headers", "trailers"],
)
async def test_a_stranger_cannot_fill_memory_with_headers(eventually, start):
    port = find_free_port()
    process = await launch("obedient", environment(port))
    await eventually(lambda: ready(port))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    sent, most = 0, 512 * HEAD_BYTES_MAX  # far more than the sockets on both sides hold
    ended = asyncio.create_task(reader.read())
    with contextlib.suppress(ConnectionError):
        while sent < most and not ended.done():
            writer.write(b"X-Filler: y\r\n" * 1_000)
            await writer.drain()
            await asyncio.sleep(0)
            sent += 13_000
    writer.transport.abort()
    await asyncio.wait([ended])
    assert sent < most
    with contextlib.suppress(ConnectionError):
        assert b"431" in await ended
    async with httpx.AsyncClient(trust_env=False) as client:  # an ordinary one, and a large body
        address = f"http://127.0.0.1:{port}/healthz"
        assert (await client.get(address, headers={"X-Some": "z" * 8_000})).status_code == 200
        body = b"b" * (4 * HEAD_BYTES_MAX)
        assert (await client.post(address, content=body)).status_code == 405
        assert (await client.get(address)).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert (await outcome(process))[0] == 0


def test_a_traceback_on_a_terminal_shows_no_local_variables(capsys):
    level, handlers = logging.getLogger().level, logging.getLogger().handlers[:]
    configure_logging("probe", human=True)

    def log_in(password: str) -> None:
        raise ValueError("no such login")

    try:
        log_in("a password" + " nobody may read")
    except ValueError:
        structlog.get_logger("probe").exception("failed")
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
    shown = capsys.readouterr().err
    assert "no such login" in shown
    assert "a password nobody may read" not in shown
