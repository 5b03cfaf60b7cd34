"""On-call schedules: who is on call at an instant, the shifts and gaps of a stretch, what is next.

Pure: no clock, no I/O. `docs/guides/on-call.md` says how people write them.
"""

from tierline.domain.rota.answers import (
    Gap,
    Handover,
    Shift,
    gaps,
    next_handover,
    on_call,
    shifts,
)
from tierline.domain.rota.changes import Stretch, conflict_in_words, conflicting, swap
from tierline.domain.rota.rotation import RotaError, Rotation, Unit
from tierline.domain.rota.schedule import (
    EVERYBODY,
    Absence,
    Fixed,
    FixedShift,
    Layer,
    Override,
    Schedule,
    WhenAway,
    people_named,
)
from tierline.domain.rota.standing import Duty, Nobody, OnCall, Why
from tierline.domain.rota.written import (
    layer_from_json,
    layer_to_json,
    schedule_from_json,
    schedule_to_json,
)

__all__ = [
    "EVERYBODY",
    "Absence",
    "Duty",
    "Fixed",
    "FixedShift",
    "Gap",
    "Handover",
    "Layer",
    "Nobody",
    "OnCall",
    "Override",
    "RotaError",
    "Rotation",
    "Schedule",
    "Shift",
    "Stretch",
    "Unit",
    "WhenAway",
    "Why",
    "conflict_in_words",
    "conflicting",
    "gaps",
    "layer_from_json",
    "layer_to_json",
    "next_handover",
    "on_call",
    "people_named",
    "schedule_from_json",
    "schedule_to_json",
    "shifts",
    "swap",
]
