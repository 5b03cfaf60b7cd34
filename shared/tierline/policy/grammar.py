"""The grammar of a policy folder: which keys there are, and what they may hold.

Read from top to bottom this is the reference; `whole.py` puts it together, `schema.py` prints it
for editors.
"""

from typing import Any, Final

from tierline.domain.conditions import STEP_FACTS
from tierline.domain.terms import (
    Assign,
    Mode,
    OverBudget,
    PacketRule,
    Priority,
    ReceiverFull,
)
from tierline.policy.durations import parse_duration
from tierline.policy.fields import ByPriority, Field, Fields
from tierline.policy.group_figures import Capacity, HourlyCost
from tierline.policy.letters import LETTERS
from tierline.policy.management import MANAGEMENT, RCA
from tierline.policy.plain import CLOCK_TIME, DURATION, HOURS, HOURS_OR_NAME, NAME
from tierline.policy.promised_grammar import AGREEMENT, SLA
from tierline.policy.retention import RETENTION
from tierline.policy.sections import (
    CLOSED_GROUP,
    TOLD,
    AssistAt,
    Conditions,
    Days,
    Share,
    Template,
    occasions,
)
from tierline.policy.shapes import (
    Checked,
    Choice,
    DurationText,
    Flag,
    ListOf,
    MapOf,
    Shape,
    Text,
    Whole,
)
from tierline.policy.storm import STORM
from tierline.policy.training import TRAINING

THIRD_TIME: Final = "problem"
"""What an alert is taken for that fires for the third time, as a policy says it."""
ASK_OWNER: Final = "ask owner"
"""What the recovery of a ticket that somebody has touched does."""
LEAD: Final = "lead"
"""Whose a plan is to decide once its revisions are used up."""

GROUP: Final = Fields(
    "a group",
    {
        "tier": Field(NAME, "the tier it belongs to, one of `tiers`", required=True),
        "hours": Field(HOURS_OR_NAME, "when somebody is there", required=True),
        "lead": Field(NAME, "the person who leads it"),
        "room": Field(NAME, "the chat room that hears of its tickets, one of the records' rooms"),
        "skills": Field(ListOf(NAME, single=True), "categories it can handle"),
        "on_call": Field(NAME, "the rota that is paged outside its hours"),
        "of": Field(
            Text("whose group it is", example="client Contoso", pattern="(client|partner) .+"),
            "whose group it is, if not ours: `client NAME` or `partner NAME`",
        ),
        "members": Field(ListOf(NAME, single=True), "the people in it"),
        "capacity": Field(
            Capacity(), "how many open tickets it may hold: a number, or a number `each` member"
        ),
        "assign": Field(
            Choice(tuple(str(way) for way in Assign)),
            "how its tickets find an owner: claimed (default), or offered to one after the other",
        ),
        "cost": Field(HourlyCost(), "what an hour of it costs, in your currency, like 38/h"),
    },
)


def _a_part(share: float) -> tuple[str, str] | None:
    return None if share <= 1 else ("is more than all of them", "write it like 25%")


_IMPACT = Whole(1, 3)
PRIORITY: Final = Fields(
    "priority",
    {
        "impact": Field(
            MapOf(_IMPACT), "who and what is hit, from 1 (worst) to 3; must rate `team`"
        ),
        "matrix": Field(
            Fields(
                "the matrix",
                {
                    str(row): Field(
                        ListOf(
                            Choice(tuple(str(p) for p in Priority)),
                            least=3,
                            limit=3,
                            distinct=False,
                        ),
                        f"impact {row}: the priority when stopped, degraded, can wait",
                        required=True,
                    )
                    for row in (1, 2, 3)
                },
            ),
            "impact by urgency",
        ),
        "vip": Field(
            Fields(
                "vip",
                {
                    "urgency": Field(Whole(1, 1), "how many steps more urgent a VIP is"),
                    "never_above": Field(
                        Choice(tuple(str(p) for p in Priority)),
                        "the highest priority that being a VIP alone can give",
                    ),
                },
            ),
            "what a VIP adds",
        ),
    },
)

_LONGEST_DELAY_S = 24 * 3600


def _within_a_day(text: str) -> tuple[str, str] | None:
    if parse_duration(text).seconds <= _LONGEST_DELAY_S:
        return None
    return "is longer than a day", "write at most 24h"


RULE: Final = Fields(
    "a triage rule",
    {
        "name": Field(NAME, "how logs and reports call it", required=True),
        "when": Field(Conditions(), "facts that must hold, or a CEL expression; always, if absent"),
        "do": Field(
            Fields(
                "`do`",
                {
                    "start": Field(NAME, "the tier or group that gets the ticket"),
                    "category": Field(
                        Template("a category", 100), "what it is about; may be `{device.type}`"
                    ),
                    "priority": Field(Choice(tuple(str(p) for p in Priority)), "a fixed priority"),
                    "path": Field(NAME, "a path other than the agreement's"),
                    "problem_key": Field(
                        Template("a key", 200), "alerts with one key share one ticket"
                    ),
                    "delay": Field(
                        Checked(CLOCK_TIME, _within_a_day),
                        "how much later an alert's ticket enters its queue, if it lasts",
                    ),
                    "restrict": Field(
                        NAME, "the group, or the skill of the group, that alone may see it"
                    ),
                    "next": Field(Flag(), "true: later rules may add to this one"),
                },
            ),
            "what the rule sets",
            required=True,
        ),
    },
)

STEP: Final = Fields(
    "a step",
    {
        "at": Field(NAME, "the tier, one of `tiers`", required=True),
        "when": Field(
            Conditions(STEP_FACTS),
            "the tickets that come to it, by facts or a CEL expression; all, if absent",
        ),
        "limit": Field(DURATION, "how long it may stay there without a plan"),
        "unclaimed": Field(
            DurationText(after="tell lead"), "when the lead hears that nobody took it"
        ),
        "silent": Field(DURATION, "how long its owner may say nothing"),
        "expect": Field(DURATION, "how long a stay is expected to take; said when it passes"),
        "by_hand": Field(Flag(), "true: people go there, time does not"),
        "assist": Field(
            AssistAt(), "when the group's lead joins a claimed ticket, like `lead at 50%`"
        ),
        "over_budget": Field(
            Choice(tuple(str(each) for each in OverBudget)),
            "what to do where the limit is longer than the client's promise leaves",
        ),
        "chase": Field(
            DURATION, "how long a vendor may be silent before its owner is reminded to ask again"
        ),
        "receiver_full": Field(
            Choice(tuple(str(each) for each in ReceiverFull)),
            "what an unclaimed ticket does where this tier has no room for it",
        ),
    },
    instead={
        "who": "name them as `call` of a trigger under `management`",
        "update": "write it as `update` of a trigger under `management`",
        "needs": "write it as `needs` of a trigger under `management`",
        "delay": "a triage rule says it: do: {delay: 30m}",
    },
)

TELL: Final = Fields(
    "tell",
    {occasion.replace(" ", "_"): Field(TOLD, about) for occasion, about in occasions().items()},
)

SECTIONS: Final[dict[str, tuple[Shape, str, bool]]] = {
    "hours": (MapOf(HOURS), "named hours", False),
    "tiers": (ListOf(NAME, least=1, limit=20), "the lines of support, in order", True),
    "groups": (MapOf(GROUP), "support groups", True),
    "slas": (MapOf(SLA), "what is promised", True),
    "agreements": (MapOf(AGREEMENT), "what clients bought", True),
    "priority": (PRIORITY, "how impact and urgency make a priority", False),
    "triage": (ListOf(RULE, limit=500), "rules for new tickets; the first match wins", False),
    "recovery": (
        Fields(
            "recovery",
            {
                "untouched": Field(
                    DurationText(business_days=False, before="resolve after"),
                    "quiet time after which a recovered ticket nobody touched is resolved",
                ),
                "touched": Field(
                    Choice((ASK_OWNER,)), "the owner of a ticket somebody touched is asked"
                ),
                "reopen_by_hand_within": Field(
                    CLOCK_TIME, "how long after closing people may reopen a ticket"
                ),
                "fires_again_within": Field(
                    DurationText(business_days=False, after="reopen"),
                    "an alert that fires again within this time reopens its ticket",
                ),
                "third_time": Field(
                    Choice((THIRD_TIME,)),
                    "an alert that fires for the third time opens a problem",
                ),
            },
        ),
        "what a recovery does",
        False,
    ),
    "paths": (MapOf(ListOf(STEP, least=1, limit=20)), "the ways tickets take", True),
    "plans": (
        Fields(
            "plans",
            {
                "horizon": Field(ByPriority(DURATION), "how far ahead a plan may promise"),
                "slip_grace": Field(CLOCK_TIME, "time to revise a plan that slipped"),
                "revisions": Field(Whole(0, 20), "revisions before the lead must agree"),
                "then": Field(Choice((LEAD,)), "whose a further revision is to decide"),
            },
        ),
        "limits on a plan to resolution",
        False,
    ),
    "hand_over": (
        Fields(
            "hand_over",
            {
                "packet": Field(
                    Choice(tuple(str(rule) for rule in PacketRule)),
                    "whether to say on the way up what was tried, the evidence and the ask",
                ),
                "ask_within": Field(CLOCK_TIME, "time after which the sender is asked for it"),
            },
        ),
        "what the next tier gets to know",
        False,
    ),
    "closed_next_group": (
        ByPriority(Choice(tuple(CLOSED_GROUP))),
        "page or wait, by priority, where a ticket comes into a closed group's queue",
        False,
    ),
    "paging": (
        Fields(
            "paging",
            {
                "every": Field(CLOCK_TIME, "time until the next one on the ladder is paged"),
                "rounds": Field(Whole(1, 10), "times the whole ladder is gone through"),
            },
        ),
        "how somebody is woken: the on-call, the lead, the duty manager, the service manager",
        False,
    ),
    "storm": (
        STORM,
        "when limits of one group run out together: one message, one decision; or never",
        False,
    ),
    "management": (
        MANAGEMENT,
        "what calls those who decide more; of several at one instant the first is told",
        False,
    ),
    "rca": (RCA, "which resolved tickets need a root cause analysis", False),
    "holds": (
        Fields(
            "holds",
            {
                "chase": Field(DURATION, "how often the one we wait for is reminded"),
                "close_after": Field(Whole(1, 20), "reminders without an answer before closing"),
            },
        ),
        "how holds are chased",
        False,
    ),
    "approvals": (
        Fields(
            "approvals",
            {"within": Field(DURATION, "how long an approver has to answer")},
        ),
        "how approvals are asked for",
        False,
    ),
    "currency": (
        Text("a currency", example="GBP", pattern="[A-Z]{3}"),
        "yours, in which amounts are meant",
        False,
    ),
    "survey": (
        Fields(
            "survey",
            {
                "share": Field(
                    Checked(Share(), _a_part), "the share of closed tickets that are asked about"
                ),
                "not_more_often_than": Field(Days(), "at most one a requester in this time"),
            },
        ),
        "asking requesters how it was",
        False,
    ),
    "people": (
        Fields(
            "people",
            {
                role: Field(NAME, f"the {role.replace('_', ' ')}")
                for role in ("service_manager", "account_manager", "duty_manager")
            },
        ),
        "who stands behind the groups",
        False,
    ),
    "training": (TRAINING, "when each tier trains, by the names of `tiers`", False),
    "letters": (LETTERS, "pages by mail: the lead's lists, digests, the manager's week", False),
    "retention": (RETENTION, "what is kept how long; what is not said is kept for good", False),
    "tell": (TELL, "who hears of what: page, notify or digest", False),
    "mode": (
        MapOf(Choice(tuple(str(mode) for mode in Mode))),
        "watch, suggest or act: `default`, `agreement NAME`, `path NAME`, a client's name",
        False,
    ),
    "default_agreement": (NAME, "the agreement of clients that have none", False),
    "unsorted": (NAME, "the tier or group for tickets whose client is unknown", False),
}

Document = dict[str, Any]
"""A checked policy: what its grammar returned, with holidays as dates. Plain JSON."""
