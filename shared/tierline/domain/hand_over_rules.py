"""What a policy says of packets: what the next tier gets to know."""

from dataclasses import dataclass
from datetime import timedelta

from tierline.domain.terms import PacketRule


@dataclass(frozen=True, slots=True)
class HandOverRules:
    """What the next tier gets to know: whether it is required, or asked for `ask_within` later.

    A packet is what was tried, the evidence, and the ask. It never gates a P1 or a move by time.
    """

    packet: PacketRule = PacketRule.FREE
    ask_within: timedelta = timedelta(minutes=5)
