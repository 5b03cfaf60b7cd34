"""A heartbeat to somebody outside, who raises the alarm when it stays away (a dead man's switch).

It is sent only where the auditor has just looked and found nothing: a service that stands still, an
auditor that is stuck, a database that is away, a machine that is gone all look the same from there.
"""

import asyncio
import contextlib
from typing import Literal

import httpx
import structlog
from prometheus_client import Counter

from sla_timer.alarm import call
from sla_timer.audit import Auditor
from sla_timer.limits import HEARTBEAT_EVERY_S, HEARTBEAT_FRESH_S

log = structlog.get_logger(__name__)

Method = Literal["GET", "POST"]

BEATS = Counter("tierline_auditor_heartbeats_total", "Heartbeats to the outside", ["outcome"])


class Heartbeat:
    """Tells `url` every HEARTBEAT_EVERY_S that all is well.

    Args:
        auditor: what it speaks of.
        url: asked while nothing is amiss.
        fail_url: asked instead while something is; empty: nobody is, and the silence tells.
        method: how both are asked; a POST carries a line of text.
    """

    def __init__(self, auditor: Auditor, url: str, fail_url: str, method: Method) -> None:
        self._auditor = auditor
        self._url = url
        self._fail_url = fail_url
        self._method = method

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until `stop`, the first time after HEARTBEAT_EVERY_S."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), HEARTBEAT_EVERY_S)
            if not stop.is_set():
                await self.beat()

    async def beat(self) -> None:
        """One beat, of either kind. Raises nothing."""
        amiss = self._amiss()
        url = self._fail_url if amiss else self._url
        if not url:
            BEATS.labels("kept back").inc()
            return
        said = {"content": amiss or "nothing is amiss"} if self._method == "POST" else {}
        try:
            await call(self._method, url, **said)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            BEATS.labels("not taken").inc()
            log.warning("a heartbeat was not taken", reason=type(error).__name__)
        else:
            BEATS.labels("failing" if amiss else "well").inc()

    def _amiss(self) -> str:
        """What is amiss; empty where the last look is fresh and found nothing."""
        age_s = asyncio.get_running_loop().time() - self._auditor.looked_at
        if age_s > HEARTBEAT_FRESH_S:
            return "the auditor has not looked for a while"
        found = self._auditor.findings
        return "; ".join(f"{finding.count} {finding.what}" for finding in found)
