"""Alerts and problems: accepted means durable, one outcome each, order never goes back."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.world import World

Row = dict[str, Any]
Pairs = list[tuple[Row | None, Row | None]]


class AlertRules:
    """What the alert and problem tables show.

    Attributes:
        stored: ids of every committed alert.
        accepted: ids that a sender was told.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self.stored: set[int] = set()
        self.accepted: dict[int, None] = {}

    def committed(self, alerts: Pairs, problems: Pairs) -> None:
        """Rows became visible."""
        for old, new in alerts:
            if new is None:
                continue
            self.stored.add(new["id"])
            if old is not None and old["outcome"] is not None and old["outcome"] != new["outcome"]:
                self._world.violate(
                    "an alert has one outcome",
                    f"{new['id']}: {old['outcome']}, then {new['outcome']}",
                )
        for old, new in problems:
            if old is not None and new is not None and _place(new) < _place(old):
                self._world.violate(
                    "the last applied alert never goes back",
                    f"{new['client']} {new['key']}: alert {new['alert']} after {old['alert']}",
                )

    def answered(self, ids: list[int]) -> None:
        """A sender was told that these are accepted."""
        for number in ids:
            self.accepted[number] = None
            if number not in self.stored:
                self._world.violate("accepted means durable", f"alert {number} is not stored")


def _place(row: Row) -> tuple[Any, int, int]:
    return (row["accepted_at"].timestamp() if row["accepted_at"] else 0.0, row["idx"], row["alert"])
