"""How long a fetch waits at the broker: the longer the silence, the longer."""

import pytest

from tierline.bus import consumer as bus
from tierline.bus.consumer import Reading, kafka_client
from tierline.bus.paced import SILENT, wait_ms
from tierline.messages.broker import Broker


@pytest.mark.parametrize(
    ("silence_s", "milliseconds"),
    [(0.0, 5), (0.2, 5), (0.4, 10), (1.0, 25), (3.0, 75), (4.0, 100), (3_600.0, 100)],
)
def test_a_fetch_waits_for_a_share_of_the_silence(silence_s: float, milliseconds: int) -> None:
    assert wait_ms(silence_s, at_once=False) == milliseconds


@pytest.mark.parametrize(
    ("silence_s", "milliseconds"),
    [(0.0, 100), (4.0, 100), (8.0, 200), (20.0, 500), (3_600.0, 500)],
)
def test_at_a_broker_that_answers_at_once_it_waits_longer(silence_s, milliseconds) -> None:
    assert wait_ms(silence_s, at_once=True) == milliseconds


@pytest.mark.parametrize(("at_once", "milliseconds"), [(False, 100), (True, 500)])
def test_before_the_first_message_a_fetch_waits_longest(at_once: bool, milliseconds: int) -> None:
    assert wait_ms(SILENT, at_once=at_once) == milliseconds


@pytest.mark.parametrize(
    ("where", "at_once"),
    [
        (Broker("127.0.0.1:9", answers_at_once=True), True),
        (Broker("127.0.0.1:9"), False),
        ("127.0.0.1:9", False),
    ],
    ids=["one that answers at once", "one that looks", "a plain address"],
)
def test_what_is_said_of_the_broker_reaches_its_client(monkeypatch, where, at_once: bool) -> None:
    made = {}
    monkeypatch.setattr(bus, "PacedConsumer", lambda *_, **settings: made.update(settings))
    kafka_client(Reading(where, "topic", "group", "latest"))
    assert made["at_once"] is at_once
