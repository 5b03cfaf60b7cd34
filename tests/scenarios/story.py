"""A story told to a running stack on held policy time, so that every instant is exact.

What people and monitors do is given in the help desk's local time; what came of it is read back as
lines, one an event, in local time too.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.scenarios.acting import Help, instant, soon

LONDON = ZoneInfo("Europe/London")
NOT_TOLD = frozenset({"warned", "alert_attached"})
DAILY = "reviewed daily"
"""Left out of the lines: thresholds on the way are many, and have tests of their own."""


@dataclass
class Story:
    """The hands on the stack, and the ticket numbers by the story's own names."""

    help_: Help
    year: int
    numbers: dict[str, int] = field(default_factory=dict)

    def begin(self) -> None:
        """Hold policy time, which then moves only by `at`."""
        answer = self.help_.api.post("/v1/clock", json={"held": True})
        assert answer.status_code == 200, answer.text
        soon(lambda: self.help_.now() == self.help_.now(), "a change takes hold a little later")

    def local(self, text: str) -> datetime:
        """`23 Mar 02:00` or `23 Mar 02:00:30`, local time of the story's year."""
        form = "%d %b %H:%M:%S" if text.count(":") == 2 else "%d %b %H:%M"
        return datetime.strptime(f"{self.year} {text}", f"%Y {form}").replace(tzinfo=LONDON)

    def at(self, text: str) -> "Story":
        """Let time pass until then, to the microsecond."""
        then = self.local(text)
        span = then - self.help_.now()
        assert span >= timedelta(0), f"{text} is over"
        if span:
            self.help_.jump(span)
        assert self.help_.now() == then, self.help_.get("/v1/clock")
        return self

    def alert(self, name: str, **fields: Any) -> "Story":
        """A monitor sends it; waits for its ticket."""
        self.help_.alert(
            **{"dedup_key": f"story-{name}", "title": f"story-{name}", "by": "rmm"} | fields
        )
        self.numbers[name] = self.help_.ticket_of(f"story-{name}")["number"]
        return self

    def call(self, name: str, **fields: Any) -> "Story":
        """Somebody rings, and it is written down."""
        self.numbers[name] = self.help_.open(title=f"story-{name}", **fields)["number"]
        return self

    def do(self, name: str, command: str, **body: Any) -> "Story":
        """Somebody does that with the ticket of that name; instants in local time."""
        said = {
            key: self.local(value).isoformat() if key.endswith(("_at", "until", "due")) else value
            for key, value in body.items()
        }
        try:
            self.help_.do(self.numbers[name], command, **said)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}\n" + "\n".join(self.lines(name))) from error
        return self

    def events(self, name: str) -> list[dict[str, Any]]:
        return self.help_.events(self.numbers[name])

    def lines(self, name: str) -> list[str]:
        """What happened to it, a line an event."""
        lines = [_line(event) for event in self.events(name) if event["type"] not in NOT_TOLD]
        return [line for line in lines if not line.endswith(DAILY)]


def _line(event: dict[str, Any]) -> str:
    at = instant(event["at"]).astimezone(LONDON)
    second = f"{at:%S.%f}".rstrip("0").rstrip(".")
    time = f"{at:%a %d %H:%M}" + (f":{second}" if float(second) else "")
    return " ".join(part for part in (time, event["type"], _said(event["type"], event)) if part)


def _said(kind: str, event: dict[str, Any]) -> str:
    what = event["what"]
    said = {
        "opened": lambda: what["priority"],
        "routed": lambda: what["group"],
        "claimed": lambda: what["owner"],
        "escalated": lambda: f"{what['from_group']} > {what['to_group']}",
        "returned": lambda: f"{what['from_group']} > {what['to_group']}",
        "transferred": lambda: f"{what['from_group']} > {what['to_group']}",
        "escalation_proposed": lambda: what["to_group"],
        "breached": lambda: what["clock"],
        "lapsed": lambda: what["clock"],
        "paged": lambda: f"{what['page']['to']} ({what['of']})",
        "held": lambda: what["hold"]["reason"],
        "reviewed": lambda: what["kind"],
        "assist_called": lambda: what["lead"],
        "offered": lambda: what["to"],
        "offer_lapsed": lambda: what["login"],
        "shift_ending": lambda: what["owner"],
        "claim_ended": lambda: f"{what['owner']}, {what['because']}",
        "management_called": lambda: f"{' '.join(what['people'])} ({what['trigger']})",
        "action_chased": lambda: f"{what['number']} {what['stage']}",
        "rca_chased": lambda: what["stage"],
    }
    return said[kind]() if kind in said else ""
