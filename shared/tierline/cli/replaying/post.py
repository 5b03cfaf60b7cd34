"""Asks the router on behalf of a replay, patiently: parts of the stack may die and come back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tierline.cli.failures import FailureError
from tierline.cli.refusals import refused
from tierline.cli.replaying.limits import (
    ANSWER_S,
    JOBS_MAX,
    RETRY_FIRST_S,
    RETRY_MAX_S,
    SILENT_MAX_S,
)


class Poster:
    """The router, asked again until it answers.

    Args:
        client: knows its address and the replay's token.
        silent_max_s: real seconds without any answer after which to give up.
    """

    def __init__(self, client: httpx.AsyncClient, silent_max_s: float = SILENT_MAX_S) -> None:
        self._client = client
        self._silent_max_s = silent_max_s

    async def __call__(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post `body`; the JSON of the answer.

        Raises:
            FailureError: a refusal of the whole request, or nobody answered for too long.
        """
        deadline = time.monotonic() + self._silent_max_s
        pause = RETRY_FIRST_S
        while True:
            try:
                answer = await self._client.post(path, json=body)
            except httpx.HTTPError as error:
                why = f"{type(error).__name__} {error}".strip()
            else:
                if answer.is_success:
                    found: dict[str, Any] = answer.json()
                    return found
                if answer.status_code < 500:
                    raise refused(answer.status_code, _problem(answer))
                why = f"HTTP {answer.status_code}"
            if time.monotonic() >= deadline:
                raise FailureError(
                    f"The router has given no good answer for {self._silent_max_s:g} s ({why}).",
                    "What was recorded is kept: the same command goes on. Look at the logs first.",
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_MAX_S)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@asynccontextmanager
async def posting(url: str, token: str) -> AsyncIterator[Poster]:
    """A poster to the router at `url`, closed afterwards."""
    async with httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=ANSWER_S,
        limits=httpx.Limits(max_connections=JOBS_MAX + 1),
    ) as client:
        yield Poster(client)
