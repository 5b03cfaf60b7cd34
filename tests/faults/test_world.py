"""The policy of a fault run is one, and a fault meets an open office."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.policy import write_policy
from tests.faults.run import SPEED_LONG
from tests.faults.world import OFFICE, seconds_to_opening
from tierline.domain.policy import Duration
from tierline.domain.terms import ClockName, Priority
from tierline.policy.folder import load_folder

HOUR_S = 3_600.0


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE)


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-11-30 09:00", "2026-11-30 09:00"),
        ("2026-12-04 16:59", "2026-12-04 16:59"),
        ("2026-11-30 17:01", "2026-12-01 09:00"),
        ("2026-11-30 08:00", "2026-12-01 09:00"),
        ("2026-12-03 20:00", "2026-12-07 09:00"),
        ("2026-11-29 12:00", "2026-11-30 09:00"),
        ("2026-03-28 12:00", "2026-03-30 09:00"),
    ],
)
def test_where_the_office_closes_within_the_fault_it_begins_at_the_next_opening(now, opening):
    jump = timedelta(seconds=seconds_to_opening(local(now), HOUR_S))
    assert local(now).astimezone(UTC) + jump == local(opening)


def test_promises_to_clients_and_our_own_limits_run_out_within_seconds(tmp_path: Path):
    policy = load_folder(write_policy(tmp_path / "policy", "http://127.0.0.1:9")).policy
    first = next(step for step in policy.paths["standard"].steps if step.tier == "T1")
    targets = [sla.targets[p][ClockName.RESPOND] for sla in policy.slas.values() for p in Priority]
    for limit in (*targets, first.limit, first.unclaimed):
        assert isinstance(limit, Duration)
        assert 0 < limit.seconds / SPEED_LONG <= 6
