"""The answers to the statements of the services, joined to the shared ones."""

from tests.simulation.statements import (
    accepting,
    commands,
    delivering,
    outcomes,
    people,
    reacting,
    storms,
    subscriptions,
    telling,
    ticking,
    triage,
)
from tierline.testing.postgres.statements import SHARED

REGISTRY = SHARED.joined(
    ticking.here,
    accepting.here,
    triage.here,
    commands.here,
    people.here,
    reacting.here,
    storms.here,
    telling.here,
    delivering.here,
    outcomes.here,
    subscriptions.here,
)
