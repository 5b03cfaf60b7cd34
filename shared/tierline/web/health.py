"""The three addresses every service has for those who run it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

CHECK_SECONDS = 2.0
VERSION = version("tierline")

Check = Callable[[], Awaitable[str | None]]


def health_router(service: str, checks: Mapping[str, Check]) -> APIRouter:
    """Make `/healthz` (alive), `/readyz` (can do its job) and `/metrics` (Prometheus).

    None of them asks for authentication, and none says more than names and reasons.

    Args:
        service: named in the answers.
        checks: by name: None = fine, else why not; one that raises or takes longer than
            CHECK_SECONDS counts as not fine.

    Returns:
        A router to include in the service's application.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"service": service, "alive": True, "version": VERSION})

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        reasons = await asyncio.gather(*(_outcome(check) for check in checks.values()))
        ready = not any(reason is not None for reason in reasons)
        named = {
            name: "ok" if reason is None else reason
            for name, reason in zip(checks, reasons, strict=True)
        }
        content = {"service": service, "ready": ready, "checks": named}
        return JSONResponse(content, status_code=200 if ready else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return router


async def _outcome(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is "not ready"
        # The type only: a driver's message may carry an address or a password.
        return type(error).__name__
