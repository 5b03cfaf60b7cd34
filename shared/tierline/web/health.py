"""The three addresses every service has for those who run it.

`/healthz` says whether to start the process anew: one of its loops is stuck for ever. `/readyz`
says whether to send it anything: what it cannot do its job without is there, and it is not on its
way to its end. What is away elsewhere makes it unready, never dead: a restart would mend nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Protocol

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

CHECK_SECONDS = 2.0
VERSION = version("tierline")

STOPPING = "stopping"

Check = Callable[[], Awaitable[str | None]]

NOTHING: Mapping[str, Check] = {}


class Vitals(Protocol):
    """What the running service knows of itself: its application's `state.vitals`."""

    stopping: bool

    def stuck(self) -> Mapping[str, float]:
        """Seconds of silence of each loop that is stuck, by name."""
        ...


def health_router(
    service: str, checks: Mapping[str, Check], beside: Mapping[str, Check] = NOTHING
) -> APIRouter:
    """Make `/healthz` (alive), `/readyz` (can do its job) and `/metrics` (Prometheus).

    None of them asks for authentication, and none says more than names and reasons.

    Args:
        service: named in the answers.
        checks: by name: None = fine, else why not; one that raises or takes longer than
            CHECK_SECONDS counts as not fine.
        beside: likewise, of what the service can do its job without: told, and no reason for a 503.

    Returns:
        A router to include in the service's application.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz(request: Request) -> JSONResponse:
        stuck = _stuck(request)
        content = {
            "service": service,
            "alive": not stuck,
            "version": VERSION,
            **({"stuck": stuck} if stuck else {}),
        }
        return JSONResponse(content, status_code=503 if stuck else 200)

    @router.get("/readyz")
    async def readyz(request: Request) -> JSONResponse:
        also, reasons = await asyncio.gather(_outcomes(beside), _outcomes(checks))
        reasons |= {f"loop {name}": why for name, why in _stuck(request).items()}
        vitals = _vitals(request)
        if vitals is not None and vitals.stopping:
            reasons[STOPPING] = "asked to end: nothing new is taken"
        ready = not any(reason is not None for reason in reasons.values())
        content = {"service": service, "ready": ready, "checks": _named(reasons)}
        if beside:
            content["beside"] = _named(also)
        return JSONResponse(content, status_code=200 if ready else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return router


def _vitals(request: Request) -> Vitals | None:
    found: Vitals | None = getattr(request.app.state, "vitals", None)
    return found


def _stuck(request: Request) -> dict[str, str]:
    """Why each stuck loop is thought to be."""
    vitals = _vitals(request)
    found = {} if vitals is None else vitals.stuck()
    return {name: f"at the same piece of work for {silent:.0f} s" for name, silent in found.items()}


def _named(reasons: Mapping[str, str | None]) -> dict[str, str]:
    return {name: "ok" if reason is None else reason for name, reason in reasons.items()}


async def _outcomes(checks: Mapping[str, Check]) -> dict[str, str | None]:
    reasons = await asyncio.gather(*(_outcome(check) for check in checks.values()))
    return dict(zip(checks, reasons, strict=True))


async def _outcome(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is "not ready"
        # The type only: a driver's message may carry an address or a password.
        return type(error).__name__
