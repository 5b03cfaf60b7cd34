"""Faults planted into the product, one at a time: what the simulation must see to be believed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from tests.simulation import planted_faults as faults

Plant = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Planted:
    """One fault: what is broken, and the invariants any of which may show it first.

    `first`: the seed to begin with, where those before it are known not to meet it.
    """

    name: str
    plant: Plant
    seen_as: tuple[str, ...]
    first: int = 0


PLANTED = (
    Planted(
        "the offset is committed before the handler",
        faults.offset_before_handler,
        ("an offset is committed after its effects",),
    ),
    Planted(
        "a failed batch is not sought back to",
        faults.no_seek_back,
        ("an offset is committed after its effects",),
    ),
    Planted(
        "the relay deletes before it sends",
        faults.deleted_before_sent,
        ("the outbox keeps what was not sent",),
    ),
    Planted(
        "the shard lock is off",
        faults.no_shard_lock,
        ("events of a ticket go out in order",),
    ),
    Planted(
        "the inbox does not look what it has seen",
        faults.not_seen,
        ("an event is applied once",),
    ),
    Planted(
        "progress is saved in a transaction of its own",
        faults.progress_apart,
        ("an event is applied once",),
    ),
    Planted(
        "the sweeps are off and the broker forgets",
        faults.no_sweep,
        ("everything drains",),
    ),
    Planted(
        "accept answers before the commit",
        faults.answered_before_commit,
        ("accepted means durable",),
    ),
    Planted(
        "triage works without the problem's lock",
        faults.no_problem_lock,
        ("the last applied alert never goes back",),
        first=19,
    ),
    Planted(
        "now is read before the locks",
        faults.now_before_locks,
        ("now is read under the locks",),
    ),
    Planted(
        "the due column is not written",
        faults.due_not_written,
        ("the due column is true",),
    ),
    Planted("a claim takes it from the owner", faults.anybody_claims, ("one claimer wins",)),
    Planted(
        "the answer is kept outside the transaction",
        faults.answer_apart,
        ("what is answered is done", "one key, one answer", "a cause has its effects once"),
    ),
    Planted(
        "a repeated command is done again",
        faults.replayed_for_ever,
        ("a cause has its effects once", "one key, one answer"),
    ),
    Planted(
        "an outcome counts whichever attempt it is of",
        faults.any_attempt_counts,
        ("an outcome is of the latest attempt",),
    ),
    Planted(
        "messages are sent before their claim is committed",
        faults.sent_before_claimed,
        ("claimed before it is sent",),
    ),
    Planted(
        "every answer counts as delivered", faults.all_is_success, ("delivered means delivered",)
    ),
    Planted(
        "a line does not wait for its first message",
        faults.line_out_of_order,
        ("webhooks keep the order", "an outcome is of the latest attempt"),
    ),
    Planted(
        "a resume does not wait for what is failing",
        faults.resume_does_not_wait,
        ("a resumed subscription misses nothing",),
        first=33,
    ),
)
