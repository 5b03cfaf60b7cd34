"""What a policy says about management and root cause analyses: shapes, links, what they become."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tierline.domain import audience
from tierline.domain.management import RcaRule, Trigger, When
from tierline.domain.terms import CLIENT_CLOCKS, ClockName, Priority, TicketType
from tierline.policy.durations import parse_duration
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.fields import PRIORITIES, Field, Fields, priority_range
from tierline.policy.shapes import (
    BAD,
    Checked,
    Choice,
    DurationText,
    Flag,
    JsonSchema,
    ListOf,
    Text,
    Whole,
)

TRIGGERS_LIMIT: Final = 50
REOPENED_LIMIT: Final = 20
ALERTS_LIMIT: Final = 10_000

COMPLEX: Final = "complex"
ON_PROBLEM, ON_TICKET = "problem", "ticket"
ROLES: Final = (
    audience.LEAD,
    audience.DUTY_MANAGER,
    audience.SERVICE_MANAGER,
    audience.ACCOUNT_MANAGER,
)
"""Who can be called. All but a group's lead are named under `people`."""


@dataclass(frozen=True, slots=True)
class Priorities:
    """One or several priorities: `P1`, `P1-P2`, `[P1, P3]`. Normalised to a list."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept priorities and ranges of them, each priority once."""
        found: list[str] = []
        for text in value if isinstance(value, list) and value else [value]:
            covered = priority_range(text) if isinstance(text, str) else None
            if covered is None:
                remedy = did_you_mean(str(text), (*PRIORITIES, "P1-P2", "P3-P4"))
                problems.error(at, f"`{text}` is no priority", remedy)
                return BAD
            found += [name for name in covered if name not in found]
        return found

    def schema(self) -> JsonSchema:
        """A text, or a list of such texts."""
        one: JsonSchema = {"type": "string", "pattern": "^P[1-4](-P[1-4])?$"}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": 4}]}


_NAME = Text("a name")
_DURATION = DurationText()
_YES = Checked(Flag(), lambda yes: None if yes else ("is not asked for", "leave it out"))
_PROMISES = tuple(str(clock) for clock in ClockName if clock in CLIENT_CLOCKS)

_PLAIN: dict[str, Field] = {
    "priority": Field(Priorities(), "its priority is one of these: P1, P1-P2, [P1, P3]"),
    "breached": Field(
        ListOf(Choice(_PROMISES), least=1, single=True), "one of these promises is broken"
    ),
    "reopened": Field(Whole(1, REOPENED_LIMIT), "reopened at least so often"),
    "alerts": Field(Whole(2, ALERTS_LIMIT), "its problem has come at least so often"),
    "vip": Field(_YES, "true: somebody important asks"),
    "escalated": Field(_YES, "true: more than one group has had it"),
    "stated": Field(Choice((COMPLEX,)), "complex: a technician has said so"),
    "category": Field(ListOf(_NAME, least=1, single=True), "its category is one of these"),
    "type": Field(
        ListOf(Choice(tuple(str(kind) for kind in TicketType)), least=1, single=True),
        "its type is one of these",
    ),
}
_TIMED: dict[str, Field] = {
    "open_for": Field(_DURATION, "work has been owed for so long, on the cover of its priority"),
    "unclaimed_for": Field(_DURATION, "it has waited unclaimed for so long of staffed time"),
}


def _something(when: Mapping[str, Any]) -> tuple[str, str] | None:
    return None if when else ("asks nothing", "write it like {priority: P1}")


TRIGGER: Final = Fields(
    "a trigger",
    {
        "name": Field(_NAME, "how people and reports call it", required=True),
        "when": Field(
            Checked(Fields("`when`", {**_PLAIN, **_TIMED}), _something),
            "what must hold of the ticket, all of it",
            required=True,
        ),
        "call": Field(
            ListOf(Choice(ROLES), least=1, single=True), "who is to look at it", required=True
        ),
        "update": Field(_DURATION, "how often they are owed a word"),
        "needs": Field(
            DurationText(before="action plan within"), "how soon there must be an action plan"
        ),
    },
)
MANAGEMENT: Final = ListOf(TRIGGER, limit=TRIGGERS_LIMIT)

RCA: Final = Fields(
    "rca",
    {
        "when": Field(
            Checked(Fields("`when`", _PLAIN), _something),
            "what must hold of a resolved ticket, all of it",
            required=True,
        ),
        "due": Field(_DURATION, "how long after the resolution it is due", required=True),
        "written_on": Field(
            Choice((ON_PROBLEM, ON_TICKET)), "a problem (the default), or the ticket itself"
        ),
    },
)


def check_management(document: Mapping[str, Any], problems: Problems) -> None:
    """Note triggers of one name, and roles that `people` does not fill."""
    people = {key.replace("_", " ") for key in document.get("people", {})} | {audience.LEAD}
    seen: dict[str, int] = {}
    for place, trigger in enumerate(document.get("management", ())):
        at: Where = ("management", place)
        if trigger["name"] in seen:
            twice = f"trigger {seen[trigger['name']] + 1} is called `{trigger['name']}` too"
            problems.error((*at, "name"), twice, "rename one of them")
        seen.setdefault(trigger["name"], place)
        for role in trigger["call"]:
            if role not in people:
                remedy = f"add it under `people`, like {role}: Grace"
                problems.error((*at, "call"), f"nobody is the {role}", remedy)


def triggers(written: list[Mapping[str, Any]]) -> tuple[Trigger, ...]:
    """The triggers of an accepted `management` section, in their order."""
    return tuple(
        Trigger(
            name=it["name"],
            when=_when(it["when"]),
            call=tuple(it["call"]),
            update=parse_duration(it["update"]) if "update" in it else None,
            plan_within=parse_duration(it["needs"]) if "needs" in it else None,
        )
        for it in written
    )


def rca_rule(it: Mapping[str, Any] | None) -> RcaRule | None:
    """The rule of an accepted `rca` section; None where there is none."""
    if it is None:
        return None
    on_problem = it.get("written_on", ON_PROBLEM) == ON_PROBLEM
    return RcaRule(_when(it["when"]), parse_duration(it["due"]), on_problem)


def _when(it: Mapping[str, Any]) -> When:
    return When(
        priorities=frozenset(map(Priority, it.get("priority", ()))),
        breached=frozenset(map(ClockName, it.get("breached", ()))),
        reopened=it.get("reopened", 0),
        alerts=it.get("alerts", 0),
        vip=it.get("vip", False),
        escalated=it.get("escalated", False),
        complex="stated" in it,
        categories=frozenset(it.get("category", ())),
        types=frozenset(map(TicketType, it.get("type", ()))),
        open_for=parse_duration(it["open_for"]) if "open_for" in it else None,
        unclaimed_for=parse_duration(it["unclaimed_for"]) if "unclaimed_for" in it else None,
    )
