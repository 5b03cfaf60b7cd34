"""Whole histories, planned once: the made-up one, and the recorded one where it is at hand."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tierline.policy.folder import LoadedPolicy
from tierline.replay.log import read_log
from tierline.replay.made_up import MAPPING, write_log
from tierline.replay.mapping import load_mapping
from tierline.replay.oracle import Ran, run_cases
from tierline.replay.plan import Plan, plan
from tierline.replay.policy import generate

ROOT = Path(__file__).parents[2]
RECORDED_MAPPING = ROOT / "shared/tierline/replay/examples/incident-log.yaml"
GIVEN_BY = "TIERLINE_INCIDENT_LOG"


@dataclass(frozen=True)
class History:
    """A log, its plan, the policy made for it, and what the pure core makes of it."""

    file: Path
    plan: Plan
    loaded: LoadedPolicy
    ran: dict[str, Ran]


@cache
def history(file: Path, mapping_file: Path) -> History:
    mapping = load_mapping(mapping_file)
    made = plan(read_log(file, mapping), mapping)
    loaded = generate(made, mapping)
    ran = {one.case.key: one for one in run_cases(made, loaded.policy)}
    return History(file, made, loaded, ran)


def made_up(folder: Path) -> History:
    """The made-up log of 300 incidents."""
    file = folder / "made-up.csv"
    write_log(file)
    return history(file, MAPPING)


def recorded_log() -> Path:
    """The public incident log's file, with a skip where it is not at hand."""
    given = os.environ.get(GIVEN_BY, "")
    beside = ROOT.parent / "shared" / "data" / "volvo-incidents" / "incidents.csv.gz"
    file = Path(given) if given else beside
    if not file.exists():
        pytest.skip(f"no recorded incident log: set {GIVEN_BY} to its incidents.csv.gz")
    return file


def recorded() -> History:
    """The public incident log, with a skip where it is not at hand."""
    return history(recorded_log(), RECORDED_MAPPING)
