"""Tracing is on where the environment names a collector, by OpenTelemetry's own variables."""

import importlib
import os
from collections.abc import Awaitable, Callable, Mapping

from tierline.runtime.telemetry.spans import install

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

Close = Callable[[], Awaitable[None]]


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether traces are to be sent anywhere.

    Args:
        environ: an endpoint in it switches tracing on; OTEL_SDK_DISABLED=true and
            OTEL_TRACES_EXPORTER=none switch it off all the same.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return False
    return any(environ.get(name, "").strip() for name in ENDPOINTS)


def turn_on(service: str, environ: Mapping[str, str] = os.environ) -> Close:
    """Trace from now on, if the environment wants it; else not even the library is imported.

    Args:
        service: the resource's service.name, unless OTEL_SERVICE_NAME says another.
        environ: see `wanted`.

    Returns:
        What sends the last spans and switches tracing off.
    """
    if not wanted(environ):
        return _nothing
    export = importlib.import_module("tierline.runtime.telemetry.export")
    tracing = export.over_otlp(service)
    install(tracing)

    async def close() -> None:
        install(None)
        await tracing.close()

    return close


async def _nothing() -> None:
    """There is nothing to close."""
