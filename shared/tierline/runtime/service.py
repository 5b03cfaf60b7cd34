"""How every service runs: an HTTP server and named loops, started and stopped together."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar, overload

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from tierline.pulse import Pulse, Stop, feel
from tierline.runtime.bounded_http import BoundedHttpProtocol
from tierline.runtime.collecting import collect_now_and_then, collect_seldom
from tierline.runtime.ending import CLOSE_SECONDS, Part, end_when_asked, hear_signals
from tierline.runtime.logs import configure_logging
from tierline.runtime.requests import Watched
from tierline.runtime.settings import ServiceSettings, load_settings_or_exit, secrets_of
from tierline.runtime.telemetry.switch import turn_on
from tierline.runtime.vitals import SILENCE_S, Vitals

LISTEN_BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75
"""How long a connection may rest between two requests. Longer than balancers keep theirs (nginx and
most clouds' 60 s): where the service closes first, a request may just be under way and is lost."""

SERVER_SHARE = 0.8
"""Of the time of a stop, what requests under way may take before they are cancelled."""
PARENT_POLL_SECONDS = 1.0

Loop = Callable[[asyncio.Event], Awaitable[None]]
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Service:
    """A service, built and not yet running.

    Attributes:
        name: for logs.
        app: its HTTP application.
        loops: name and coroutine function; each runs until the event it is given is set.
        last: names of loops that the others, and requests, hand their work to: told to stop when
            those have ended.
        silence: seconds a loop may be at one piece of work before it counts as stuck, where that
            is not SILENCE_S.
        on_stop: awaited in order after server and loops have ended (close pools here).
    """

    name: str
    app: FastAPI
    loops: list[tuple[str, Loop]] = field(default_factory=list)
    last: frozenset[str] = frozenset()
    silence: Mapping[str, float] = field(default_factory=dict)
    on_stop: list[Callable[[], Awaitable[None]]] = field(default_factory=list)


class LoopEndedError(Exception):
    """A loop returned although nobody had asked it to stop."""


@overload
def run_service(name: str, build: Callable[[ServiceSettings], Awaitable[Service]]) -> NoReturn: ...
@overload
def run_service(
    name: str,
    build: Callable[[SettingsT], Awaitable[Service]],
    settings_class: type[SettingsT],
) -> NoReturn: ...
def run_service(
    name: str,
    build: Callable[[Any], Awaitable[Service]],
    settings_class: type[ServiceSettings] = ServiceSettings,
) -> NoReturn:
    """Run a service until SIGTERM or SIGINT; the body of every service's `__main__`.

    On the signal it is no longer ready, serves on for `drain_seconds`, takes nothing more, gives
    what is under way `stop_seconds`, and ends with 0; a second signal ends it at once. A loop that
    crashes or returns by itself is logged and ends the process with 1, so that whoever supervises
    it starts a fresh one.

    Args:
        name: for logs.
        build: makes the service from its settings, inside the event loop.
        settings_class: ServiceSettings or a subclass; unusable settings end the process with 2.
    """
    settings = load_settings_or_exit(settings_class)
    configure_logging(name, settings.log_level, secrets=secrets_of(settings))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_run(name, build, settings))
    sys.stderr.flush()
    raise SystemExit(code)


async def _run(
    name: str, build: Callable[[Any], Awaitable[Service]], settings: ServiceSettings
) -> int:
    asked = asyncio.Event()
    hear_signals(asked, settings)
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        log.error("cannot listen", host=settings.host, port=settings.port, reason=str(error))
        return 1
    try:
        stop_tracing = turn_on(f"tierline-{name}")
        service = await build(settings)
    except Exception:
        log.exception("the service could not be built")
        listener.close()
        return 1
    service.on_stop.append(stop_tracing)  # the last: what closes before it is traced too
    collect_seldom()
    log.info("started", port=settings.port)
    code = await serve(service, settings, listener, asked)
    log.info("stopped", exit_code=code)
    return code


async def serve(
    service: Service, settings: ServiceSettings, listener: socket.socket, asked: asyncio.Event
) -> int:
    """Run the server and the loops of a service until `asked` is set or one of them fails.

    Args:
        service: what to run; its application's `state.vitals` is set, for the probes.
        settings: drain_seconds, stop_seconds and supervisor_pid are used.
        listener: a listening socket, closed afterwards.
        asked: set by whoever wants it to end.

    Returns:
        0 after a requested stop, 1 after a failure.
    """
    vitals = service.app.state.vitals = Vitals()
    server = _server(Watched(service.app), settings.stop_seconds)
    code = 0
    try:
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(_serve_http(server, listener, asked), name="http")
            parts = [_start(group, service, vitals, name, loop) for name, loop in service.loops]
            beside = [
                group.create_task(vitals.watch(), name="vitals"),
                group.create_task(collect_now_and_then(asked), name="collecting"),
            ]
            if settings.supervisor_pid:
                beside.append(group.create_task(_watch_parent(settings.supervisor_pid, asked)))
            await end_when_asked(asked, vitals, server, serving, parts, settings)
            for task in beside:
                task.cancel()
    except* Exception as failures:  # noqa: BLE001 - already logged where it happened
        code = 1
        log.error("ending because a part failed", parts=len(failures.exceptions))
    finally:
        listener.close()
        await _close(service)
    return code


def _start(
    group: asyncio.TaskGroup, service: Service, vitals: Vitals, name: str, loop: Loop
) -> Part:
    pulse = Pulse(name, service.silence.get(name, SILENCE_S))
    stop = Stop(pulse)
    task = group.create_task(_run_loop(loop, vitals, pulse, stop), name=name)
    return Part(task, stop, name in service.last)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.settimeout(0)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would race with ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def _server(app: Watched, stop_seconds: float) -> _Server:
    config = uvicorn.Config(
        app,
        http=BoundedHttpProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=LISTEN_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, int(SERVER_SHARE * stop_seconds)),
    )
    return _Server(config)


async def _serve_http(server: _Server, listener: socket.socket, asked: asyncio.Event) -> None:
    await server.serve(sockets=[listener])
    if not asked.is_set():
        log.error("the HTTP server ended by itself")
        raise LoopEndedError("http")


async def _run_loop(loop: Loop, vitals: Vitals, pulse: Pulse, stop: Stop) -> None:
    feel(pulse)
    try:
        with vitals.minding(pulse):
            await loop(stop)
    except Exception:
        log.exception("a loop crashed", loop=pulse.name)
        raise
    if not stop.is_set():
        log.error("a loop ended by itself", loop=pulse.name)
        raise LoopEndedError(pulse.name)


async def _watch_parent(parent: int, asked: asyncio.Event) -> None:
    """End with the process that started us, where the kernel cannot be asked to see to it."""
    while not asked.is_set():
        if os.getppid() != parent:
            log.warning("the supervisor is gone")
            asked.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PARENT_POLL_SECONDS):
                await asked.wait()


async def _close(service: Service) -> None:
    """Close what is to be closed, in CLOSE_SECONDS; the end of the process closes the rest."""
    ends_at = asyncio.get_running_loop().time() + CLOSE_SECONDS
    for closing in service.on_stop:
        try:
            async with asyncio.timeout_at(ends_at):
                await closing()
        except Exception:
            log.exception("closing failed")
