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
    "assist": {ASSISTANT: NOTIFY, OWNER: NOTIFY},
    "packet asked": {HELPER: NOTIFY},
    "packet given": {OWNER: NOTIFY},
    "plan refused": {OWNER: NOTIFY},
    "vendor chase": {OWNER: NOTIFY},
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
    "lowered late": {OWNER: NOTIFY, LEAD: NOTIFY},
    "resolved": {DESK_OWNER: NOTIFY},
    "please confirm": {REQUESTER: NOTIFY},
    "reopened": {ROOM: NOTIFY, OWNER: NOTIFY},
    "reopened again": {LEAD: NOTIFY},
    "confirm reminder": {REQUESTER: NOTIFY},
    "closing": {LEAD: NOTIFY},
    "review": {OWNER: DIGEST, LEAD: DIGEST},
    "closed": {DESK_OWNER: NOTIFY},
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
        "assist",
        "packet asked",
        "plan refused",
        "vendor chase",
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
    }
)
"""Occasions that only ask for somebody to take the ticket."""
