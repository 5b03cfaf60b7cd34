"""The live stream: what happens on tickets, and what time it is."""

import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from router.caller import Reader
from router.context import Context, Here
from router.described import READING, refusals
from router.policy_clock import read_clock
from tierline.store.database import UNREACHABLE
from tierline.web.auth import credential
from tierline.web.limits import HEARTBEAT_S
from tierline.web.sse import MEDIA_TYPE, Subscription, frame, reconnect

router = APIRouter(tags=["stream"])

RECONNECT_MS = 1_000

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get(
    "/v1/stream",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `ticket`, `clock`, `resync`.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        },
        **refusals(*READING),
    },
)
async def stream(
    request: Request,
    context: Here,
    principal: Reader,
) -> Response:
    """Follow tickets live.

    `ticket` carries number, seq, type, the sentence and the row; `clock` carries now, speed and
    held, on every change and at least every 15 seconds; after `resync`, and after connecting again,
    fetch your lists anew.
    """
    async with context.db.connection() as connection:
        found = await read_clock(connection)
    first = frame("clock", {name: found[name] for name in ("now", "speed", "held")})
    subscribed = context.hub.subscribe(principal)
    subscription = subscribed.__enter__()

    async def frames() -> AsyncIterator[bytes]:
        try:
            yield reconnect(RECONNECT_MS) + first
            async for found in _while_valid(context, credential(request), subscription):
                yield found
        finally:
            subscribed.__exit__(None, None, None)

    return StreamingResponse(frames(), media_type=MEDIA_TYPE, headers=_HEADERS)


async def _while_valid(
    context: Context, raw: str, subscription: Subscription
) -> AsyncIterator[bytes]:
    """Frames for as long as the credential stands for the same principal.

    It is looked at again with the first frame after each HEARTBEAT_S, and one comes that often.
    """
    checked = time.monotonic()
    async for found in subscription.frames():
        if time.monotonic() - checked >= HEARTBEAT_S:
            checked = time.monotonic()
            try:
                if await context.authenticator.principal(raw) != subscription.principal:
                    return
            except UNREACHABLE:
                pass  # whoever it was a moment ago; asked again with the next heartbeat
        yield found
