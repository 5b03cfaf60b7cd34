"""The grammar of what clients are promised: service levels, and the agreements that name them."""

from typing import Final

from tierline.domain.terms import (
    CLIENT_CLOCKS,
    ClockName,
    ClocksStart,
    HoldReason,
    Priority,
    PriorityChange,
    ReopenRule,
)
from tierline.policy.fields import ByPriority, Field, Fields
from tierline.policy.offers import AfterHours, Offer
from tierline.policy.plain import DURATION, HOURS_OR_NAME, NAME
from tierline.policy.sections import Share
from tierline.policy.shapes import Checked, Choice, ListOf, MapOf, Whole

_TARGETS = Fields(
    "the promises of a priority",
    {
        "respond": Field(DURATION, "until a human answers", required=True),
        "plan": Field(DURATION, "until there is a plan to resolution"),
        "resolve": Field(DURATION, "until it works again", required=True),
        "update": Field(DURATION, "the longest the client hears nothing"),
    },
)
_REQUESTS = Fields(
    "the promises of a request",
    {
        "respond": Field(DURATION, "until a human answers", required=True),
        "fulfil": Field(DURATION, "until it is done", required=True),
        "update": Field(DURATION, "the longest the client hears nothing"),
    },
)
_HOLDABLE = tuple(str(c) for c in ClockName if c in CLIENT_CLOCKS and c is not ClockName.RESPOND)


def _rising(shares: list[float]) -> tuple[str, str] | None:
    if shares == sorted(set(shares)) and 1.0 in shares:
        return None
    return "must rise and include 100 %", "write it like [50%, 75%, 90%, 100%]"


SLA: Final = Fields(
    "an SLA",
    {
        "cover": Field(ByPriority(HOURS_OR_NAME), "which hours count, by priority", required=True),
        **{str(p): Field(_TARGETS, f"its promises for {p}", required=True) for p in Priority},
        "requests": Field(_REQUESTS, "promises for requests; no tier clock", required=True),
        "on_hold": Field(
            MapOf(
                ListOf(Choice(_HOLDABLE), single=True), Choice(tuple(str(r) for r in HoldReason))
            ),
            "which promises each kind of hold stops; `respond` never stops",
        ),
        "thresholds": Field(
            Checked(ListOf(Share(), least=1, limit=10), _rising),
            "shares of a promise at which something is said",
        ),
        "priority_change": Field(
            Choice(tuple(str(rule) for rule in PriorityChange)),
            "what a new priority does to running promises",
        ),
        "reopen": Field(
            Choice(tuple(str(rule) for rule in ReopenRule)), "what reopening does to them"
        ),
        "confirm": Field(DURATION, "how long the client has to confirm a resolution"),
        "confirm_reminders": Field(Whole(0, 5), "how often they are reminded within that time"),
    },
)

AGREEMENT: Final = Fields(
    "an agreement",
    {
        "sla": Field(NAME, "the promises, one of `slas`", required=True),
        "path": Field(NAME, "the way its tickets take, one of `paths`", required=True),
        "first": Field(
            NAME,
            'the group or tier that looks first, whatever triage says; `"{client.it}"`: the'
            " client's own group",
        ),
        "our_clocks_start": Field(
            Choice(tuple(str(start) for start in ClocksStart)),
            "from when our promises count where the client's own group looks first",
        ),
        "covers": Field(
            ListOf(NAME, single=True), "kinds of devices, and services, it covers; without it, all"
        ),
        "not_covered": Field(Offer(), "what an hour on anything else is offered for"),
        "after_hours": Field(
            AfterHours(), "what happens outside the cover, by priority; without it, it waits"
        ),
    },
)
