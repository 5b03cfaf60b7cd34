"""The answers to the statements of `tierline` itself."""

from tierline.testing.postgres.statements import (
    actions,
    dead_letters,
    events,
    idempotency,
    outbox,
    policy,
    schedules,
    tickets,
)

SHARED = tickets.here.joined(
    events.here,
    outbox.here,
    dead_letters.here,
    policy.here,
    idempotency.here,
    schedules.here,
    actions.here,
)
"""What every service's loops run; a service's own statements are joined to it by who knows them."""
