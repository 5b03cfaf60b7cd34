"""Alerts and problems: accepted means durable, one outcome each, order never goes back."""

from typing import TYPE_CHECKING, Any

from tests.simulation.broken import is_broken_alert
from tierline.messages.alert import decode_alert

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
            again = old is not None and old["outcome"] == "dead letter" and new["outcome"] is None
            if again and self._world.triage.mended:
                continue
            if old is not None and old["outcome"] is not None and old["outcome"] != new["outcome"]:
                self._world.violate(
                    "an alert has one outcome",
                    f"{new['id']}: {old['outcome']}, then {new['outcome']}",
                )
            if new["outcome"] is not None and (old is None or old["outcome"] is None):
                self._settled(new)
        for old, new in problems:
            if old is not None and new is not None and _place(new) < _place(old):
                self._world.violate(
                    "the last applied alert never goes back",
                    f"{new['client']} {new['key']}: alert {new['alert']} after {old['alert']}",
                )

    def _settled(self, alert: Row) -> None:
        """An alert got its outcome: what it did is there with it, or there was nothing to do."""
        place = f"alert {alert['id']}: {alert['outcome']}"
        aside = ("consumer:triage", str(alert["id"])) in self._world.watch.aside
        broken = is_broken_alert(alert["body"])
        given_up = alert["outcome"] == "dead letter"
        if given_up and not (broken and aside):
            self._world.violate("only what is broken is set aside", place)
        done = f"alert:{alert['id']}" in self._world.watch.tickets.causes
        if done != (alert["ticket"] is not None):
            self._world.violate("an alert's outcome and its events are one", place)
        firing = decode_alert(alert["body"]).status == "firing"
        has = given_up or alert["ticket"] is not None or self._is_overtaken(alert)
        if firing and not has:
            self._world.violate("a firing alert has a ticket", place)

    def _is_overtaken(self, alert: Row) -> bool:
        """Whether a later alert of its problem was applied before it."""
        mine = (alert["accepted_at"].timestamp(), alert["idx"], alert["id"])
        labels = decode_alert(alert["body"]).labels
        key = f"{alert['integration']}/{alert['dedup_key']}"
        if labels.get("alertname") == "SiteDown":  # the one rule of the policy that sets another
            key = f"site {labels['site']}"
        problem = self._world.postgres.row("problem", (alert["client"], key))
        return problem is not None and _place(problem) > mine

    def answered(self, ids: list[int]) -> None:
        """A sender was told that these are accepted."""
        for number in ids:
            self.accepted[number] = None
            if number not in self.stored:
                self._world.violate("accepted means durable", f"alert {number} is not stored")


def _place(row: Row) -> tuple[Any, int, int]:
    return (row["accepted_at"].timestamp() if row["accepted_at"] else 0.0, row["idx"], row["alert"])
