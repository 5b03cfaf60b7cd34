"""An alert after a silence is triaged by who committed it; all others come by the broker."""

import asyncio
from datetime import UTC, datetime

import pytest

from intake.inserts import Row, Taken, make_row
from intake.triage import in_hand
from intake.triage.in_hand import InHand
from tierline.messages.alert import AcceptedAlert, Alert

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Triager:
    """Notes what it is given; fails as often as it is told to."""

    def __init__(self) -> None:
        self.given: list[list[AcceptedAlert]] = []
        self.firsts: list[int] = []
        self.failures = 0

    async def take(self, alerts, *, first) -> None:
        self.given.append(list(alerts))
        self.firsts.append(first)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("it cannot")


def rows(*numbers: int) -> tuple[list[Row], list[Taken]]:
    made = [make_row(0, "rmm", "rmm", "A", Alert(dedup_key=f"k{n}", title="T")) for n in numbers]
    return made, [Taken(number, AT) for number in numbers]


@pytest.fixture
async def started():
    """A triager and what hands to it; silence is what the test says it is."""
    triager, stop = Triager(), asyncio.Event()
    made = InHand(triager)
    running = asyncio.create_task(made.run(stop))
    yield triager, made
    stop.set()
    await running


def after_a_silence(made: InHand) -> None:
    made._last = float("-inf")


async def test_the_first_alert_is_triaged_and_what_follows_at_once_is_not(started, eventually):
    triager, made = started
    made.offer(*rows(1))
    made.offer(*rows(2))
    await eventually(lambda: triager.given)
    after_a_silence(made)
    made.offer(*rows(3))
    await eventually(lambda: len(triager.given) == 2)
    assert [[one.id for one in batch] for batch in triager.given] == [[1], [3]]
    first = triager.given[0][0]
    assert first == AcceptedAlert(1, 0, AT, "rmm", "rmm", "A", Alert(dedup_key="k1", title="T"))


async def test_a_crowd_is_left_to_the_broker(started, eventually):
    triager, made = started
    made.offer(*rows(*range(1, in_hand.IN_HAND_MAX + 2)))
    after_a_silence(made)
    made.offer(*rows(*range(1, in_hand.IN_HAND_MAX + 1)))
    await eventually(lambda: triager.given)
    assert [len(batch) for batch in triager.given] == [in_hand.IN_HAND_MAX]


async def test_a_failure_is_left_to_the_broker_and_ends_nothing(started, eventually):
    triager, made = started
    triager.failures = 1
    made.offer(*rows(1))
    await eventually(lambda: triager.given)
    after_a_silence(made)
    made.offer(*rows(2))
    await eventually(lambda: len(triager.given) == 2)


async def test_nothing_overtakes_what_was_committed_before(started, eventually):
    """What that means for an older alert is triage's own test."""
    triager, made = started
    made.offer(*rows(7, 5, 6))
    await eventually(lambda: triager.given)
    assert triager.firsts == [5]
