"""How long a fetch waits at the broker: the longer the silence, the longer."""

import pytest

from tierline.bus.paced import wait_ms


@pytest.mark.parametrize(
    ("silence_s", "milliseconds"),
    [(0.0, 5), (0.2, 5), (0.4, 10), (1.0, 25), (3.0, 75), (4.0, 100), (3_600.0, 100)],
)
def test_a_fetch_waits_for_a_share_of_the_silence(silence_s: float, milliseconds: int) -> None:
    assert wait_ms(silence_s) == milliseconds


def test_before_the_first_message_a_fetch_waits_longest() -> None:
    assert wait_ms(float("inf")) == 100
