"""A whole recorded incident log through the running services, twice: same end, as the log says.

    .venv/bin/python -m tests.scenarios.replay_history [--runs 2] [--limit N] [--report FILE.json]

The log is named by TIERLINE_INCIDENT_LOG (see tests/replay/histories.py), its mapping is the
example that ships. Where it is not at hand this says so and ends with 0. It exits 1 if a run
disagrees with the log, with the run before, or with the pure core.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.replay.histories import RECORDED_MAPPING, recorded_log
from tierline.cli.replaying.inputs import Asked, read_inputs
from tierline.replay.oracle import run_plan, state_hash

ROOT = Path(__file__).parents[2]


def run(arguments: list[str]) -> tuple[int, float, float]:
    """One `tierline replay`: its exit code, wall seconds, CPU seconds of all its processes."""
    began, before = time.monotonic(), _cpu_s()
    command = [sys.executable, "-m", "tierline.cli.main", "replay", *arguments]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    return code, time.monotonic() - began, _cpu_s() - before


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def of_the_core(log: Path, limit: int | None) -> str:
    """The state hash that the pure core comes to."""
    inputs = read_inputs(Asked(log, RECORDED_MAPPING, limit=limit))
    return state_hash(run_plan(inputs.plan, inputs.loaded.policy))


def main() -> int:
    options = _options()
    try:
        log = recorded_log()
    except pytest.skip.Exception as skipped:
        print(f"skipped: {skipped.msg}")
        return 0
    with tempfile.TemporaryDirectory(prefix="tierline-history-") as folder:
        home = Path(folder) / "home"
        Path(folder).chmod(0o755)
        arguments = [str(log), "--mapping", str(RECORDED_MAPPING), "--home", str(home)]
        if options.limit:
            arguments += ["--limit", str(options.limit)]
        failures, report = 0, {}
        for number in range(options.runs):
            code, wall_s, cpu_s = run([*arguments, *(["--again"] if number else [])])
            print(f"run {number + 1}: exit code {code}, {wall_s:.0f} s, CPU {cpu_s:.0f} s")
            failures += code != 0
            report = _report(home)
        core = of_the_core(log, options.limit)
    agrees = report.get("checks", {}).get("state_hash") == core
    print(f"the pure core comes to {'the same state' if agrees else core}")
    if options.report:
        options.report.write_text(json.dumps(report, indent=2) + "\n")
    return 1 if failures or not agrees else 0


def _report(home: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((home / "report.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--report", type=Path, default=None)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
