"""The mix of faults of one seed: each class is off in half of the seeds, the rates are drawn."""

from dataclasses import dataclass, fields
from random import Random
from typing import Self


@dataclass(frozen=True, slots=True)
class Mix:
    """How much of what goes wrong. Zero: none of it.

    Attributes:
        crash_at_point: chance that a process dies at one awaited point.
        crash_each_s: a process dies about so often, whatever it is doing.
        delayed_point: chance that a point takes long.
        postgres_away: outages of Postgres.
        in_the_way: chance that a locking statement meets a deadlock or a lock timeout.
        sent_untold: chance that a batch was sent and the sender hears of a failure.
        redelivery: times that committed offsets are taken back.
        rebalance: times that a group deals its partitions anew, or ends a session.
        broker_away: outages of the broker.
        broker_forgets: times that it loses its memory.
        receiver: chance that a receiver answers 500, late, or takes it and says nothing.
        gone: times that a subscriber says it is gone, which disables its subscription.
        clock: jumps and changes of speed of policy time.
        paces: replicas run at different paces.
        poison: messages on the topics that are none.
        refused: chance that the broker refuses a message for good.
        broken: some alerts and events can be read and not be processed.
    """

    crash_at_point: float = 0.0
    crash_each_s: float = 0.0
    delayed_point: float = 0.0
    postgres_away: int = 0
    in_the_way: float = 0.0
    sent_untold: float = 0.0
    redelivery: int = 0
    rebalance: int = 0
    broker_away: int = 0
    broker_forgets: int = 0
    receiver: float = 0.0
    gone: int = 0
    clock: int = 0
    paces: bool = False
    poison: int = 0
    refused: float = 0.0
    broken: bool = False

    @classmethod
    def draw(cls, random: Random) -> Self:
        """A mix: every draw is made, then each class is kept or not.

        Later classes are drawn after the earlier ones, so that a seed keeps its mix of those.
        """
        drawn: dict[str, float | int | bool] = {
            "crash_at_point": 10 ** random.uniform(-3.7, -2.3),
            "crash_each_s": random.uniform(2.5, 15.0),
            "delayed_point": 10 ** random.uniform(-3.0, -1.7),
            "postgres_away": random.randint(1, 3),
            "in_the_way": 10 ** random.uniform(-3.0, -1.3),
            "sent_untold": random.uniform(0.02, 0.4),
            "redelivery": random.randint(1, 5),
            "rebalance": random.randint(1, 6),
            "broker_away": random.randint(1, 3),
            "broker_forgets": random.randint(1, 2),
            "receiver": random.uniform(0.05, 0.6),
            "gone": random.randint(1, 3),
            "clock": random.randint(1, 4),
            "paces": True,
            "poison": random.randint(1, 3),
        }
        kept = {name: value for name, value in drawn.items() if random.random() < 0.5}
        later = {"refused": random.uniform(0.005, 0.1), "broken": True}
        kept |= {name: value for name, value in later.items() if random.random() < 0.5}
        return cls(**kept)  # type: ignore[arg-type]

    @property
    def classes(self) -> list[str]:
        """The names of the classes that are on."""
        return [one.name for one in fields(self) if getattr(self, one.name)]
