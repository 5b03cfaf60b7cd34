"""A channel that talks to nobody: it remembers what it was given and answers as it was told."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

ParcelT = TypeVar("ParcelT")
OutcomeT = TypeVar("OutcomeT")


class FakeChannel(Generic[ParcelT, OutcomeT]):
    """Stands for any channel of the notifier (the same contract suite runs on it).

    Args:
        otherwise: the outcome of a send that nothing was scripted for.
    """

    def __init__(self, otherwise: Callable[[ParcelT], OutcomeT]) -> None:
        self._otherwise = otherwise
        self._script: deque[OutcomeT | Exception] = deque()
        self.sent: list[ParcelT] = []
        self.closed = False
        self.gate = asyncio.Event()
        self.gate.set()

    def answer(self, *outcomes: OutcomeT | Exception) -> None:
        """Give these, one a send, before anything else; an exception is raised."""
        self._script.extend(outcomes)

    async def send(self, parcel: ParcelT) -> OutcomeT:
        """Remember the parcel, wait while `gate` is closed, and give the next outcome."""
        self.sent.append(parcel)
        await self.gate.wait()
        if not self._script:
            return self._otherwise(parcel)
        outcome = self._script.popleft()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def field(self, name: str) -> list[object]:
        """That field of every parcel sent, in order."""
        return [getattr(parcel, name) for parcel in self.sent]
