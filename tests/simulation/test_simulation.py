"""Real loops over fake stores, a crash possible at every await: a sample of seeds, and the proof
that the simulation sees.

`python -m tests.simulation.run --seeds 10000` runs any number.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.furnish import policy
from tests.simulation.life import Result, live
from tests.simulation.planted import PLANTED, Planted
from tests.simulation.planted_losses import many_storms
from tests.simulation.run import kept_seeds

ROOT = Path(__file__).parents[2]
SEEDS = 24
GROUPS = 6
PLANTED_WITHIN = 60
"""Seeds within which each planted fault must be seen; most are in the first few."""

STORMY = 4
TWICE = (1, 5)


def told(result: Result) -> str:
    lines = "\n".join([*result.lines, *result.violations])
    return f"{lines}\nagain: python -m tests.simulation.run --seed {result.seed} --trace"


@pytest.mark.parametrize("seed", kept_seeds())
def test_a_seed_that_failed_once_passes(seed: int) -> None:
    result = live(seed)
    assert not result.violations, told(result)


@pytest.mark.parametrize("group", range(GROUPS))
def test_nothing_breaks_and_everything_drains(group: int) -> None:
    for seed in range(group, SEEDS, GROUPS):
        result = live(seed)
        assert not result.violations, told(result)
        assert result.counts["alerts"]
        assert result.counts["commands"]


def test_nothing_breaks_where_storms_come_often() -> None:
    with many_storms():
        assert policy().storm.more_than == 1
        for seed in range(STORMY):
            result = live(seed)
            assert not result.violations, told(result)


@pytest.mark.parametrize("seed", TWICE)
def test_the_same_seed_is_the_same_run_twice_in_one_process(seed: int) -> None:
    assert live(seed).digest == live(seed).digest


def test_the_same_seed_is_the_same_run_in_two_processes() -> None:
    assert _digest(2) == _digest(2)


def _digest(seed: int) -> str:
    """The hash that the runner prints, as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.run", "--seed", str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "random"},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    found = re.search(r"trace (\w+)", done.stdout)
    assert found is not None, done.stdout
    return found[1]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_fault_is_seen(planted: Planted) -> None:
    """Named by its invariant; without it the same seeds pass (above, and in the long runs)."""
    with planted.planted():
        for seed in dict.fromkeys((planted.near, *range(PLANTED_WITHIN))):
            violations = live(seed).violations
            if violations:
                break
        else:
            pytest.fail(f"not seen within {PLANTED_WITHIN} seeds")
    assert violations[0].startswith(planted.seen_as), violations[0]
