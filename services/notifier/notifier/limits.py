"""Every limit of the notifier, in one place. Seconds are real (transport) time."""

from dataclasses import dataclass, field
from typing import Final

from notifier.backoff import Exponential, Schedule

LEASE_S: Final = 60.0
"""A claimed message is ours this long. Longer than any one send (SEND_S), so that a slow receiver
is never told twice by two of us; a crashed sender's messages go again after it."""

SEND_S: Final = 40.0
"""The whole of one send; every channel's own timeouts add up to less."""

CLAIM_BATCH: Final = 64
"""Messages claimed by one statement."""

CONCURRENCY: Final = 128
"""Sends one process has under way at once."""

HELD: Final = 1_024
"""Messages one process holds at once: waiting for their turn, being sent, not recorded yet. At most
half of them are handed over from memory, so that what is due elsewhere always has room."""

PER_CHANNEL: Final = 64
PER_ADDRESS: Final = 16
"""Sends under way at once on one channel and to one address, so that a slow relay or receiver
cannot hold up the others. No more are claimed of what was due before. A quarter of the channel:
receivers that let everything hang take their shares for as long as they are waited for, and a
receiver that answers within 5 ms is sent 3,000 a second all the same."""

HANDED_PER_ADDRESS: Final = 512
"""Messages to one address that are handed over from memory and wait for their turn; what is more
is claimed like everything else."""

HANDED_BYTES: Final = 16 * 1024
"""A larger event is read again when it is sent, so that a burst of them fills no memory."""

POLL_S: Final = 0.05
"""How often due messages are looked for when nobody has nudged."""

GATHER_S: Final = 0.003
"""How long an outcome waits for others under way, so that they are recorded together."""

BLOCKED_LOOK_S: Final = 0.25
"""When to look again at a message whose earlier one in its line is being sent right now."""

BLOCKED_LOOK_MAX_S: Final = 30.0
"""The longest until then: one that has waited long behind others is looked at ever more seldom."""

DATABASE_PAUSE_S: Final = (0.1, 5.0)
"""First and longest pause after the database could not be reached; doubled in between."""

REPLAYS: Final = 3
"""How often a recording transaction is run again after a deadlock."""

CLOSED_ADDRESSES_MAX: Final = 10_000
"""Addresses remembered as closed by their own Retry-After."""

FINISH_SHARE: Final = 0.4
"""Of the time of a stop, what sends under way may take once the consumer has ended; the others are
handed back, and sent by whoever claims them, under the same key."""

DIRECTORY_TTL_S: Final = 5.0
"""How old what we know of people, rooms and subscriptions may be."""

DIRECTORY_REFRESH_S: Final = 2.0
"""How often it is read, so that one reading may fail or be slow and nobody waits for it."""

PARTS_MAX: Final = 20
"""Notices one message spells out; the rest are counted (all of them are recorded)."""

TITLE_CHARS: Final = 200
TEXT_CHARS: Final = 4_000
"""A free text inside a message (a note, what was asked)."""

MAIL_CHARS: Final = 20_000
CHAT_CHARS: Final = 3_500
"""Slack cuts at 40,000 and advises 4,000; Mattermost refuses over 16,383."""

REASON_CHARS: Final = 500
"""A reason or proof as it is recorded."""

ANSWER_BYTES: Final = 2_048
"""What is read of a receiver's answer."""

ANSWER_HEAD_BYTES: Final = 64 * 1024
"""What is taken in, head and chunk marks included, of an answer that does not come to its end."""

RETRY_AFTER_MAX_S: Final = 3_600.0
"""A receiver's Retry-After is honoured up to this."""

LIVE_SECRETS: Final = 2
"""Secrets a subscription signs with at once (rotation)."""


@dataclass(frozen=True, slots=True)
class HttpTimeouts:
    """Seconds, real time: of one address, and of the whole, the answer included.

    Standard Webhooks advises 15 to 30 s for the whole.
    """

    connect: float = 5.0
    total: float = 20.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the delivery loop is bounded by; tests make smaller ones."""

    lease_s: float = LEASE_S
    send_s: float = SEND_S
    batch: int = CLAIM_BATCH
    held: int = HELD
    per_channel: int = PER_CHANNEL
    per_address: int = PER_ADDRESS
    handed_per_address: int = HANDED_PER_ADDRESS
    poll_s: float = POLL_S
    finish_s: float = 4.0
    blocked_look_s: float = BLOCKED_LOOK_S
    blocked_look_max_s: float = BLOCKED_LOOK_MAX_S
    mail: Exponential = field(
        default_factory=lambda: Exponential(
            first_s=5.0, longest_s=1_800.0, attempts=12, age_s=86_400.0
        )
    )
    chat: Exponential = field(
        default_factory=lambda: Exponential(
            first_s=2.0, longest_s=600.0, attempts=10, age_s=21_600.0
        )
    )
    webhook: Schedule = field(
        default_factory=lambda: Schedule(
            (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
        )
    )
    """Standard Webhooks' schedule: ten attempts within 75 hours and 35 minutes."""
