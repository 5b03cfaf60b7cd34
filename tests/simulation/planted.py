"""Faults planted into the product, one at a time: what the simulation must see to be believed."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from unittest.mock import patch

from tests.simulation import planted_faults as faults
from tests.simulation import planted_losses as losses
from tests.simulation.mix import Mix

Plant = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Planted:
    """One fault: what is broken, and the invariants any of which may show it first.

    `mix`: of what goes wrong around it, where what it takes to see it is rare.
    `near`: a seed that sees it as things are, so that a test need not look at those before.
    """

    name: str
    plant: Plant
    seen_as: tuple[str, ...]
    mix: Mapping[str, Any] = field(default_factory=dict)
    near: int = 0

    @contextlib.contextmanager
    def planted(self) -> Iterator[None]:
        """Worlds made meanwhile have the fault, and its mix."""
        draw = Mix.draw

        def mixed(random: Random) -> Mix:
            return replace(draw(random), **self.mix)

        with self.plant(), patch.object(Mix, "draw", mixed):
            yield


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
        mix={"broker_forgets": 2},
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
        mix={"delayed_point": 0.03, "paces": True, "rebalance": 8},
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
        mix={"receiver": 0.6, "delayed_point": 0.03, "postgres_away": 3},
        near=9,
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
        ("a resumed subscription misses nothing", "webhooks keep the order"),
        mix={"gone": 8, "delayed_point": 0.03, "paces": True},
        near=7,
    ),
    Planted(
        "what the broker did not take counts as sent",
        losses.unsent_is_sent,
        ("the outbox keeps what was not sent",),
    ),
    Planted(
        "what the broker refuses is forgotten",
        losses.refused_is_forgotten,
        ("the outbox keeps what was not sent",),
        mix={"refused": 0.05},
    ),
    Planted(
        "an outbox row is never sent",
        losses.one_row_never_sent,
        ("everything drains",),
    ),
    Planted(
        "progress is saved before the effects",
        losses.progress_first,
        ("effects and progress are one",),
    ),
    Planted(
        "a gap is passed over",
        losses.gap_passed_over,
        ("effects and progress are one",),
    ),
    Planted(
        "what is in the way is taken for broken",
        losses.in_the_way_is_broken,
        ("only what is broken is set aside", "loops go on"),
        mix={"in_the_way": 0.03},
    ),
    Planted(
        "a dead letter also takes effect",
        losses.dead_letter_takes_effect,
        ("a dead letter has no effect",),
        mix={"broken": True},
    ),
    Planted(
        "a dead letter does not count as seen",
        losses.dead_letter_not_seen,
        ("it is set aside once",),
        mix={"broken": True},
    ),
    Planted(
        "an alert that comes again is triaged again",
        losses.alert_triaged_again,
        ("an alert has one outcome", "a cause has its effects once"),
        mix={"redelivery": 5},
    ),
    Planted(
        "an alert that is sent again goes nowhere",
        losses.sent_again_to_nobody,
        ("an alert has one outcome",),
        mix={"broken": True},
    ),
    Planted(
        "an alert that fires finds nothing open",
        losses.nothing_open_though_it_fires,
        ("a firing alert has a ticket",),
    ),
    Planted(
        "an alert is attached and its ticket does not know",
        losses.attached_without_event,
        ("an alert's outcome and its events are one",),
    ),
    Planted(
        "two ticks take one ticket",
        losses.tick_without_lock,
        ("fold(events) = stored state",),
    ),
    Planted(
        "a notice is not written",
        losses.notice_not_written,
        ("effects and progress are one",),
    ),
    Planted(
        "a message is not written",
        losses.message_not_written,
        ("a notice ends in an outcome",),
    ),
    Planted(
        "an event is kept from subscribers",
        losses.feed_skips,
        ("a subscriber gets every event",),
    ),
    Planted(
        "notices end as delivered whatever became of the message",
        losses.notices_all_delivered,
        ("a notice ends as its message did",),
        mix={"gone": 6},
    ),
    Planted(
        "notices stay open when their message has ended",
        losses.notices_stay_open,
        ("a notice ends in an outcome",),
    ),
    Planted(
        "a message is given up after one attempt",
        losses.given_up_at_once,
        ("nobody is given up",),
    ),
    Planted(
        "a message that failed is dropped",
        losses.dropped_at_once,
        ("only what is beside the point is dropped",),
    ),
    Planted(
        "a reaction is done twice",
        losses.reaction_done_twice,
        ("a reaction has its effects once",),
    ),
    Planted(
        "a child is left out",
        losses.last_child_left_out,
        ("a child is not forgotten",),
        near=26,
    ),
    Planted(
        "every ticket of a storm tells of it",
        losses.every_ticket_of_a_storm_tells,
        ("a storm is told once",),
    ),
    Planted(
        "a problem is asked for and nobody hears it",
        losses.no_problem_opened,
        ("a problem that is asked for is opened",),
    ),
)
