"""The machine's local time is fixed, so that what commands print can be told."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _in_london(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Europe/London")
        time.tzset()
        yield
    time.tzset()
