"""One send: its turn at its address, the channel, and what the outcome means."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from random import Random

import structlog

from notifier.claim import Claim, Place
from notifier.limits import CLOSED_ADDRESSES_MAX, DIRECTORY_TTL_S, Limits
from notifier.metrics import OUTCOMES, SEND_SECONDS, TOLD_SECONDS
from notifier.outcome import Delivered, Failed, Outcome, Retry, Verdict
from notifier.parcel import Channel, Parcel
from notifier.prepare import Prepared
from notifier.settle import PutBack, Settlement, overdue, put_back, settle
from notifier.tracing import attempt
from tierline.messages.logged import about

log = structlog.get_logger(__name__)


class Sending:
    """Sends side by side, within the shares of channels and addresses.

    Args:
        channels: by name: mail, chat, webhook.
        limits: see there.
        rng: jitter.
    """

    def __init__(self, channels: Mapping[str, Channel], limits: Limits, rng: Random) -> None:
        self._channels = channels
        self._limits = limits
        self._rng = rng
        self._closed: dict[Place, float] = {}
        self._trying: set[int] = set()
        self._inside: Counter[Place] = Counter()
        self._address_turns: dict[Place, asyncio.Semaphore] = {}
        self._channel_turns = {name: asyncio.Semaphore(limits.per_channel) for name in channels}

    async def send(self, prepared: Prepared, claimed_at: float) -> Settlement:
        """Send once, or say why not; `claimed_at` is loop time, not after the claim was made."""
        content, message = prepared.content, prepared.claim.id
        with about(
            ticket=content.ticket,
            client=prepared.client,
            message=message,
            traceparent=content.traceparent,
        ):
            return await self._judged(prepared, claimed_at)

    async def _judged(self, prepared: Prepared, claimed_at: float) -> Settlement:
        verdict: Verdict | PutBack | None = prepared.verdict or overdue(prepared, self._limits)
        if verdict is None:
            verdict = await self._in_turn(prepared, claimed_at)
        if isinstance(verdict, PutBack):
            return put_back(prepared, verdict)
        self._close(prepared.claim.place, verdict)
        OUTCOMES.labels(prepared.claim.channel, type(verdict).__name__.lower()).inc()
        if isinstance(verdict, Delivered):
            since_s = asyncio.get_running_loop().time() - claimed_at
            TOLD_SECONDS.labels(prepared.claim.channel).observe(prepared.claim.age_s + since_s)
        return settle(prepared, verdict, self._limits, self._rng)

    def begun(self, prepared: Prepared) -> bool:
        """Whether it is with its channel, or was when it was cut off; not waiting for its turn."""
        return prepared.claim.id in self._trying

    def closed_now(self) -> list[Place]:
        """Places that take nothing now, as their own Retry-After said."""
        now = asyncio.get_running_loop().time()
        self._closed = {place: until for place, until in self._closed.items() if until > now}
        return list(self._closed)

    def closed_for(self, place: Place) -> float:
        """Seconds in which `place` takes nothing more; 0 or less: it is open."""
        return self._closed.get(place, 0.0) - asyncio.get_running_loop().time()

    async def _in_turn(self, prepared: Prepared, claimed_at: float) -> Verdict | PutBack:
        claim, parcel = prepared.claim, prepared.parcel
        channel = self._channels.get(claim.channel)
        if channel is None or parcel is None:
            return Failed(f"no channel {claim.channel!r} here")
        place = claim.place
        self._inside[place] += 1
        turns = self._address_turns.setdefault(place, asyncio.Semaphore(self._limits.per_address))
        try:
            async with turns, self._channel_turns[claim.channel]:
                if (closed_s := self.closed_for(place)) > 0:
                    return PutBack(closed_s, "its address takes nothing now")
                late_s = asyncio.get_running_loop().time() - claimed_at
                if late_s > self._limits.lease_s - self._limits.send_s:
                    return PutBack(0.0, "its turn came too late for the lease to outlast a send")
                self._trying.add(claim.id)
                verdict = await self._traced(channel, prepared, parcel)
                self._trying.discard(claim.id)
                return verdict
        finally:
            self._inside[place] -= 1
            if not self._inside[place]:
                del self._inside[place], self._address_turns[place]

    async def _traced(self, channel: Channel, prepared: Prepared, parcel: Parcel) -> Outcome:
        with attempt(prepared.claim, prepared.content) as span:
            traceparent = span.traceparent or prepared.content.traceparent
            if traceparent:
                parcel = replace(parcel, traceparent=traceparent)
            verdict = await self._try(channel, prepared.claim, parcel)
            span.note({"tierline.outcome": type(verdict).__name__.lower()})
            if not isinstance(verdict, Delivered):
                span.fail(verdict.reason)
            return verdict

    async def _try(self, channel: Channel, claim: Claim, parcel: Parcel) -> Outcome:
        try:
            with SEND_SECONDS.labels(claim.channel).time():
                async with asyncio.timeout(self._limits.send_s):
                    return await channel.send(parcel)
        except TimeoutError:
            return Retry(0.0, f"not sent within {self._limits.send_s:g} s")
        except Exception as error:
            # A defect of ours with one message: it is retried, bounded, and holds up nobody.
            log.exception("a channel failed", channel=claim.channel, message=claim.id)
            return Retry(0.0, f"internal error: {type(error).__name__}")

    def _close(self, place: Place, verdict: Verdict) -> None:
        """Send nothing more to a place that asked for a pause, or that was just disabled."""
        seconds = 0.0
        if isinstance(verdict, Retry):
            seconds = verdict.after_s
        elif isinstance(verdict, Failed) and verdict.disable:
            seconds = DIRECTORY_TTL_S
        if seconds > 0 and len(self._closed) < CLOSED_ADDRESSES_MAX:
            self._closed[place] = asyncio.get_running_loop().time() + seconds
