"""The router as a process runs it: every loop, a real socket, a real broker, a clean stop."""

import asyncio
import socket

import httpx

from router.app import build
from router.settings import Settings
from tests.brokers import IDEMPOTENT
from tests.services.router.world import HARBOUR, SECRET, router_world, token_of
from tierline.runtime.service import serve


async def test_the_whole_router_comes_up_streams_what_is_done_and_stops(
    database_url, broker, eventually
):
    async with router_world(database_url):
        pass  # only the rows are wanted: policy, people, tokens
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    settings = Settings(
        database_url=database_url,
        kafka_bootstrap=broker.bootstrap,
        kafka_idempotent=IDEMPOTENT,
        port=port,
        secret=SECRET,
        development=True,
    )
    service = await build(settings)
    known = service.app.state.context.floor.current.people
    assert "sam" in known, "nothing is decided before it is read who works here"
    stop = asyncio.Event()
    running = asyncio.create_task(serve(service, settings, listener, stop))
    headers = {"Authorization": f"Bearer {token_of('sam')}"}
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as sam:

            async def ready():
                return (await sam.get("/readyz")).status_code == 200

            await eventually(ready)
            async with sam.stream("GET", "/v1/stream", timeout=15) as stream:
                lines = stream.aiter_lines()
                await _until(lines, "event: clock")
                body = {"type": "incident", "title": "x", "client": HARBOUR}
                opened = await sam.post("/v1/tickets", json=body)
                assert opened.status_code == 201
                await _until(lines, "event: ticket")
                path = f"/v1/tickets/{opened.json()['number']}"
                asked = await sam.post(f"{path}/problem", json={"reason": "again"})
                assert asked.status_code == 200

                async def reacted():
                    return (await sam.get(path)).json()["problem"] > 0

                await eventually(reacted)
                stop.set()
                await _until(lines, None)
    finally:
        stop.set()
        code = await running
    assert code == 0


async def _until(lines, wanted):
    """Read up to the line `wanted`; None: to the stream's end."""
    async with asyncio.timeout(15):
        async for line in lines:
            if line == wanted:
                return
    assert wanted is None, f"the stream ended before {wanted}"
