"""The router keeps the contract it describes, whatever is sent: schemathesis over the real thing.

Every answer has a documented status, the documented media type and the documented shape, and none
is a 5xx. The router runs on a socket of its own, on a database with tickets in every state.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_dict

from router.app import application
from tests.services.router.world import HARBOUR, World, router_world, token_of

EXAMPLES = 12
"""Requests of each kind (valid, invalid) and operation."""

LOGINS = 3
"""Each login costs a password's hashing."""

ENDLESS = {"GET /v1/stream"}

SCHEMA = from_dict(application().openapi())
OPERATIONS = {
    operation.label: operation
    for operation in (found.ok() for found in SCHEMA.get_all_operations())
    if operation.label not in ENDLESS
}


@dataclass
class Running:
    """A router that listens, and the numbers of its tickets."""

    url: str
    numbers: list[int]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(module_database_url: str) -> AsyncIterator[Running]:
    async with router_world(module_database_url) as world:
        numbers = await _tickets(world)
        server = uvicorn.Server(uvicorn.Config(world.app, log_config=None, lifespan="off"))
        listener = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", numbers)
        finally:
            server.should_exit = True
            await serving
            listener.close()


async def _tickets(world: World) -> list[int]:
    queued, working, held, resolved, closed = [await world.open() for _ in range(5)]
    await world.did("sam", working, "claim")
    await world.did("sam", held, "hold", reason="client", asked="x")
    await world.did("sam", resolved, "resolve", resolution="x")
    await world.did("priya", closed, "close", reason="x")
    return [queued, working, held, resolved, closed]


def test_every_operation_but_the_endless_one_is_tried():
    paths = application().openapi()["paths"]
    assert len(OPERATIONS) == sum(map(len, paths.values())) - len(ENDLESS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("label", OPERATIONS)
async def test_every_answer_is_as_documented(running, label, mode):
    operation = OPERATIONS[label]
    if mode is GenerationMode.NEGATIVE and label in {"GET /v1/me", "GET /v1/clock"}:
        pytest.skip("takes nothing that could be wrong")
    examples = LOGINS if label == "POST /v1/sessions" else EXAMPLES
    await asyncio.to_thread(_try, operation, mode, running, examples)


def _try(operation: Any, mode: GenerationMode, running: Running, examples: int) -> None:
    cases = operation.as_strategy(generation_mode=mode)
    numbers = st.sampled_from([*running.numbers, 999_999])

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, number=numbers)
    def run(case: Any, number: int) -> None:
        if mode is GenerationMode.POSITIVE:
            _point_at_what_exists(case, number)
        _judge(case, running.url)

    run()


def _point_at_what_exists(case: Any, number: int) -> None:
    """Names and numbers that no generator would guess, so that commands get somewhere."""
    if "number" in (case.path_parameters or {}):
        case.path_parameters["number"] = number
    if isinstance(case.body, dict):
        known = {"client": HARBOUR, "owner": "sam", "start": "", "reason": "because"}
        case.body.update({name: known[name] for name in known if name in case.body})
        if case.operation.label.endswith("/hold"):
            case.body["reason"] = "client"


def _judge(case: Any, url: str) -> None:
    (case.headers or {}).pop("Authorization", None)
    headers = {"Authorization": f"Bearer {token_of('all')}"}
    answer = case.call(base_url=url, headers=headers, timeout=30)
    case.validate_response(answer, checks=CHECKS)


CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    *(
        schemathesis.checks.CHECKS.get_one(name)
        for name in (
            "status_code_conformance",
            "content_type_conformance",
            "response_schema_conformance",
        )
    ),
]
