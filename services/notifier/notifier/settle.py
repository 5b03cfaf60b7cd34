"""What a send's outcome means for its message. Pure."""

from dataclasses import dataclass, replace
from random import Random

from notifier.backoff import Backoff
from notifier.claim import Claim
from notifier.content import FEED, LETTER, Content
from notifier.drafts import DISABLED
from notifier.limits import REASON_CHARS, Limits
from notifier.outcome import Delivered, Failed, Retry, Superseded, Verdict
from notifier.parcel import CHAT, MAIL
from notifier.prepare import Dropped, Prepared

PENDING = "pending"
STOPPED = "the notifier stopped"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is to be recorded.

    Attributes:
        state: the message's: pending (again, in `wait_s` seconds), delivered, failed, superseded.
        outcome: the attempt's: delivered, retry, failed, superseded.
        disable: the subscription at its address ends here.
    """

    claim: Claim
    content: Content
    state: str
    outcome: str
    wait_s: float = 0.0
    proof: str = ""
    reason: str = ""
    disable: bool = False
    dropped: tuple[Dropped, ...] = ()
    group: str = ""
    restricted: bool = False
    client: str = ""

    @property
    def over(self) -> bool:
        """Whether the message has its last outcome."""
        return self.state != PENDING

    @property
    def wants_fallback(self) -> bool:
        """Failed for good, of a ticket's people, and not itself standing in for another."""
        alone = self.content.audience in {FEED, LETTER}
        return self.state == "failed" and not alone and not self.stands_in

    @property
    def refused_as_disabled(self) -> bool:
        """Not sent, because its subscription was already disabled."""
        return self.state == "failed" and not self.disable and self.reason.startswith(DISABLED)

    @property
    def failed_with_subscription(self) -> bool:
        """Failed because its subscription is disabled, by this outcome or before."""
        return self.state == "failed" and self.reason.startswith(DISABLED)

    def given_back(self) -> "Settlement":
        """The same, to be taken again at once."""
        return replace(self, state=PENDING, outcome="retry", reason="resumed meanwhile")

    @property
    def stands_in(self) -> bool:
        """Whether this message stands in for one that failed."""
        return bool(self.claim.fallback_of)

    def detail(self, *, late: bool = False) -> str:
        """What its attempt keeps; `late`: another had begun before this one's outcome came."""
        said = self.proof or self.reason
        return f"{self.outcome}, after another attempt had begun: {said}" if late else said


def settle(prepared: Prepared, verdict: Verdict, limits: Limits, rng: Random) -> Settlement:
    """Turn a verdict into what is recorded.

    Args:
        prepared: the claim and its content.
        verdict: the channel's outcome, or ours.
        limits: backoffs by channel.
        rng: for jitter.
    """
    base = Settlement(
        prepared.claim,
        prepared.content,
        PENDING,
        "retry",
        dropped=prepared.dropped,
        group=prepared.group,
        restricted=prepared.restricted,
        client=prepared.client,
    )
    match verdict:
        case Delivered(proof):
            return replace(base, state="delivered", outcome="delivered", proof=_short(proof))
        case Superseded(reason):
            return replace(base, state="superseded", outcome="superseded", reason=_short(reason))
        case Failed(reason, disable):
            return _failed(base, reason, disable=disable)
        case Retry(after_s, reason):
            return _again(base, after_s, reason, limits, rng)


@dataclass(frozen=True, slots=True)
class PutBack:
    """Not sent after all; due again in `wait_s` seconds."""

    wait_s: float
    reason: str


def put_back(prepared: Prepared, why: PutBack) -> Settlement:
    """Leave the message to whoever claims it next; the attempt counts, so that this ends."""
    return Settlement(
        prepared.claim,
        prepared.content,
        PENDING,
        "retry",
        wait_s=why.wait_s,
        reason=f"not sent: {why.reason}",
        group=prepared.group,
    )


def hand_back(prepared: Prepared, *, begun: bool) -> Settlement:
    """Leave the message to another notifier, at once, as this one stops.

    Args:
        prepared: the claim and its content.
        begun: it was being sent, and may have got there: sent again, it has the same key.
    """
    kept = put_back(prepared, PutBack(0.0, STOPPED))
    return replace(kept, reason=f"cut off in the midst of a send: {STOPPED}") if begun else kept


def _short(text: str) -> str:
    """At most REASON_CHARS characters of what a receiver said.

    Only what Postgres can hold, and what a terminal shows without obeying it.
    """
    plain = text.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else " " for c in plain[:REASON_CHARS])


def _failed(base: Settlement, reason: str, *, disable: bool) -> Settlement:
    disable = disable and base.content.audience == FEED
    if disable:
        reason = f"{DISABLED}: {reason}"
    return replace(base, state="failed", outcome="failed", reason=_short(reason), disable=disable)


def _again(
    base: Settlement, after_s: float, reason: str, limits: Limits, rng: Random
) -> Settlement:
    claim = base.claim
    tried = claim.attempt - base.content.spent
    wait = _backoff(claim.channel, limits).wait(tried, claim.age_s, rng)
    if wait is None:
        return _failed(base, f"gave up after {tried} attempts: {reason}", disable=True)
    return replace(base, wait_s=max(wait, after_s), reason=_short(reason))


def _backoff(channel: str, limits: Limits) -> Backoff:
    return {MAIL: limits.mail, CHAT: limits.chat}.get(channel, limits.webhook)


def overdue(prepared: Prepared, limits: Limits) -> Failed | None:
    """Whether the message has been claimed more often than it may be sent.

    Attempts that never report back (a message that kills its sender) would else go on for ever.
    """
    tried = prepared.claim.attempt - prepared.content.spent
    attempts = _backoff(prepared.claim.channel, limits).attempts
    if tried > attempts:
        return Failed(f"gave up after {tried - 1} attempts without an outcome", disable=True)
    return None
