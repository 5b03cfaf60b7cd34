"""What became of one send."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver took it. `proof`: what it said (`250 queued as 4F2`, `204`)."""

    proof: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Not taken, may be taken later. `after_s`: the receiver asked for this many seconds, 0: no."""

    after_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Never to be taken. `disable`: the address itself is no good (410 Gone, a refused target)."""

    reason: str
    disable: bool = False


Outcome = Delivered | Retry | Failed


@dataclass(frozen=True, slots=True)
class Superseded:
    """Not sent: nobody needs to hear of it any more. Judged by us, never by a channel."""

    reason: str


Verdict = Outcome | Superseded
