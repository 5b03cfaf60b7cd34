"""Who hears of what by default, and how hard it pulls. A policy's `tell` changes it by occasion."""

from collections.abc import Mapping
from typing import Final

from tierline.domain.terms import Reach

OWNER: Final = "owner"
LEAD: Final = "lead"
ROOM: Final = "room"
SENDER: Final = "sender"
NEXT_ROOM: Final = "next room"
DESK_OWNER: Final = "desk owner"
SERVICE_MANAGER: Final = "service manager"
ACCOUNT_MANAGER: Final = "account manager"
REQUESTER: Final = "requester"
DUTY_MANAGER: Final = "duty manager"
NEXT_LEAD: Final = "next lead"
ON_CALL: Final = "on call"
ASSISTANT: Final = "assistant"
HELPER: Final = "helper"
MANAGERS: Final = "managers"
JOINED: Final = "joined"
RELIEVED: Final = "relieved"
ACTION_OWNER: Final = "action owner"
CANDIDATE: Final = "candidate"
APPROVER: Final = "approver"

SURVEY: Final = "survey"
"""The occasion on which a requester is asked how it was."""

CLIENT_CLOSED: Final = "client closed"
"""Time has closed it, and the requester may not know."""

NOTIFY, PAGE, DIGEST = Reach.NOTIFY, Reach.PAGE, Reach.DIGEST

DEFAULT_TELL: Mapping[str, Mapping[str, Reach]] = {
    "new in queue": {ROOM: NOTIFY},
    "received": {REQUESTER: NOTIFY},
    "attached": {OWNER: DIGEST},
    "restored": {OWNER: NOTIFY},
    "warned": {OWNER: NOTIFY},
    "next group warned": {NEXT_ROOM: NOTIFY},
    "unclaimed": {LEAD: NOTIFY},
    "silent": {OWNER: NOTIFY, LEAD: NOTIFY},
    "breach P1-P2": {
        OWNER: PAGE,
        LEAD: PAGE,
        SERVICE_MANAGER: NOTIFY,
        ACCOUNT_MANAGER: DIGEST,
    },
    "breach P3-P4": {OWNER: NOTIFY, LEAD: DIGEST},
    "end of path": {LEAD: NOTIFY, SERVICE_MANAGER: NOTIFY},
    "arrived": {ROOM: NOTIFY},
    "handed over": {SENDER: NOTIFY, DESK_OWNER: NOTIFY},
    "client escalated": {REQUESTER: NOTIFY},
    "proposed": {LEAD: NOTIFY},
    "receiver full": {LEAD: NOTIFY, NEXT_LEAD: NOTIFY},
    "choice not made": {SERVICE_MANAGER: NOTIFY},
    "declined": {NEXT_LEAD: DIGEST},
    "promise in danger": {LEAD: NOTIFY},
    "paged": {ON_CALL: PAGE},
    "nobody answered": {LEAD: PAGE, DUTY_MANAGER: PAGE, SERVICE_MANAGER: PAGE, ROOM: NOTIFY},
    "offered": {CANDIDATE: NOTIFY},
    "offered P1-P2": {CANDIDATE: PAGE},
    "nobody to offer": {LEAD: NOTIFY},
    "claim ending": {OWNER: NOTIFY},
    "claim ended": {LEAD: NOTIFY, SENDER: NOTIFY},
    "claim ended P1-P2": {ROOM: NOTIFY, LEAD: PAGE, SENDER: NOTIFY},
    "given": {OWNER: NOTIFY},
    "claim stands": {LEAD: DIGEST},
    "absence noted": {OWNER: NOTIFY},
    "assist": {ASSISTANT: NOTIFY, OWNER: NOTIFY},
    "packet asked": {HELPER: NOTIFY},
    "packet given": {OWNER: NOTIFY},
    "plan refused": {OWNER: NOTIFY},
    "vendor chase": {OWNER: NOTIFY},
    "later than expected": {OWNER: NOTIFY, LEAD: NOTIFY},
    "vendor slipped": {OWNER: NOTIFY, LEAD: NOTIFY},
    "plan with next group warned": {NEXT_ROOM: NOTIFY},
    "plan slipped": {OWNER: NOTIFY, LEAD: NOTIFY},
    "plan over": {OWNER: NOTIFY, LEAD: NOTIFY},
    "held": {REQUESTER: NOTIFY},
    "approval asked": {APPROVER: NOTIFY},
    "approval reminder": {APPROVER: NOTIFY},
    "approved": {OWNER: NOTIFY, DESK_OWNER: NOTIFY},
    "approval refused": {OWNER: NOTIFY, DESK_OWNER: NOTIFY},
    "approval unanswered": {OWNER: NOTIFY, DESK_OWNER: NOTIFY},
    "scheduled start": {OWNER: NOTIFY},
    "chase": {REQUESTER: NOTIFY},
    "chase inside": {OWNER: NOTIFY},
    "client note": {REQUESTER: NOTIFY},
    "reprioritised": {OWNER: NOTIFY},
    "terms moved": {OWNER: DIGEST},
    "lowered late": {OWNER: NOTIFY, LEAD: NOTIFY},
    "resolved": {DESK_OWNER: NOTIFY},
    "please confirm": {REQUESTER: NOTIFY},
    "reopened": {ROOM: NOTIFY, OWNER: NOTIFY},
    "reopened again": {LEAD: NOTIFY},
    "confirm reminder": {REQUESTER: NOTIFY},
    "closing": {LEAD: NOTIFY},
    "review": {OWNER: DIGEST, LEAD: DIGEST},
    "management called": {MANAGERS: NOTIFY, OWNER: NOTIFY, LEAD: NOTIFY},
    "management briefed": {MANAGERS: NOTIFY},
    "brief missed": {OWNER: NOTIFY, LEAD: NOTIFY},
    "brief missed again": {OWNER: NOTIFY, LEAD: NOTIFY, SERVICE_MANAGER: NOTIFY},
    "action plan missed": {OWNER: NOTIFY, LEAD: NOTIFY, SERVICE_MANAGER: NOTIFY},
    "complex": {LEAD: NOTIFY},
    "reallocated": {JOINED: NOTIFY, RELIEVED: NOTIFY, OWNER: NOTIFY},
    "action given": {ACTION_OWNER: NOTIFY},
    "action moved": {ACTION_OWNER: NOTIFY, LEAD: DIGEST},
    "action soon": {ACTION_OWNER: NOTIFY},
    "action due": {ACTION_OWNER: NOTIFY, LEAD: NOTIFY},
    "action overdue": {ACTION_OWNER: NOTIFY, LEAD: NOTIFY},
    "action over": {ACTION_OWNER: NOTIFY, LEAD: DIGEST},
    "restricted": {OWNER: NOTIFY},
    "rca required": {OWNER: NOTIFY, LEAD: NOTIFY, SERVICE_MANAGER: NOTIFY},
    "rca soon": {OWNER: NOTIFY, LEAD: NOTIFY},
    "rca due": {OWNER: NOTIFY, LEAD: NOTIFY},
    "rca overdue": {OWNER: NOTIFY, LEAD: NOTIFY, SERVICE_MANAGER: NOTIFY},
    "rca done": {LEAD: NOTIFY, SERVICE_MANAGER: NOTIFY, ACCOUNT_MANAGER: NOTIFY},
    "closed": {DESK_OWNER: NOTIFY},
    "major incident": {ROOM: NOTIFY, OWNER: NOTIFY, LEAD: NOTIFY, SERVICE_MANAGER: NOTIFY},
    "under a major incident": {REQUESTER: NOTIFY, OWNER: NOTIFY},
    "leftover": {ROOM: NOTIFY, OWNER: NOTIFY},
    "leftover found": {OWNER: NOTIFY},
    "problem came back": {OWNER: NOTIFY, LEAD: NOTIFY},
    "problem solved": {OWNER: NOTIFY},
    "workaround": {ROOM: NOTIFY},
    SURVEY: {REQUESTER: NOTIFY},
    "survey answered": {DESK_OWNER: DIGEST},
    "survey bad": {LEAD: NOTIFY, DESK_OWNER: NOTIFY},
    "survey contradicts": {DESK_OWNER: NOTIFY},
    "retyped": {OWNER: NOTIFY, DESK_OWNER: NOTIFY},
    CLIENT_CLOSED: {REQUESTER: NOTIFY},
}
"""Occasion -> audience -> reach."""

BESIDE_THE_POINT_ONCE_OVER = frozenset(
    {
        "new in queue",
        "warned",
        "next group warned",
        "unclaimed",
        "silent",
        "proposed",
        "receiver full",
        "choice not made",
        "promise in danger",
        "paged",
        "nobody answered",
        "offered",
        "offered P1-P2",
        "nobody to offer",
        "claim ending",
        "claim ended",
        "claim ended P1-P2",
        "given",
        "claim stands",
        "absence noted",
        "assist",
        "packet asked",
        "plan refused",
        "vendor chase",
        "later than expected",
        "arrived",
        "closing",
        "review",
        "chase",
        "chase inside",
        "approval asked",
        "approval reminder",
        "scheduled start",
        "held",
        "restored",
        "under a major incident",
        "leftover",
        "problem solved",
        "management called",
        "management briefed",
        "brief missed",
        "brief missed again",
        "complex",
        "reallocated",
    }
)
"""Occasions nobody needs to hear of any more once the ticket is resolved or closed."""

OURS_ALONE_TO_ASK = frozenset({"approval asked", "approval reminder"})
"""Occasions to write to a client although the ticket is the PSA's, which cannot ask them."""

BESIDE_THE_POINT_ONCE_CLAIMED = frozenset(
    {
        "new in queue",
        "unclaimed",
        "arrived",
        "receiver full",
        "choice not made",
        "paged",
        "nobody answered",
        "offered",
        "offered P1-P2",
        "nobody to offer",
        "claim ended",
        "claim ended P1-P2",
    }
)
"""Occasions that only ask for somebody to take the ticket."""
