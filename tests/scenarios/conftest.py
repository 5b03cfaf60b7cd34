"""One whole stack for the scenarios of a session; each scenario uses problems of its own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.acting import Help
from tests.scenarios.running import Stack, running


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running stack."""
    with (
        tempfile.TemporaryDirectory(prefix="tierline-scenario-") as folder,
        running(Path(folder)) as stack,
    ):
        yield stack


@pytest.fixture
def help_(stack: Stack) -> Iterator[Help]:
    """A person's hands on it."""
    hands = Help(stack)
    yield hands
    hands.api.close()
