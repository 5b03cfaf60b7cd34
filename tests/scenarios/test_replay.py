"""A made-up log of 300 incidents through the real services, killed in the middle and resumed."""

import json
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.replaying import replaying
from tierline.cli.failures import USAGE
from tierline.cli.replaying.inputs import Asked, Inputs, read_inputs
from tierline.cli.replaying.run import INTERRUPTED
from tierline.domain import events as e
from tierline.domain.evolve import evolve
from tierline.replay.made_up import MAPPING, write_log
from tierline.replay.oracle import Ran, run_cases, state_hash

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

PATIENCE_S = 180
FIRST, SECOND = 400, 900
"""Commands after which parts of it are killed, and then all of it."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tierline-replay-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="module")
def inputs(folder: Path) -> Inputs:
    log = folder / "made-up.csv"
    write_log(log)
    return read_inputs(Asked(log, MAPPING))


@pytest.fixture(scope="module")
def home(folder: Path) -> Path:
    return folder / "home"


@pytest.fixture(scope="module")
def pure(inputs: Inputs) -> list[Ran]:
    """The same history through the pure core, without a service."""
    return list(run_cases(inputs.plan, inputs.loaded.policy))


@pytest.fixture(scope="module")
def report(folder: Path, home: Path, inputs: Inputs) -> dict[str, Any]:
    """The report after Ctrl-C at the start, kill -9 of parts, and kill -9 of the whole command."""
    log = inputs.asked.log
    stopped = replaying(home, log, MAPPING)
    stopped.wait_until_begun(PATIENCE_S)
    stopped.process.send_signal(signal.SIGINT)
    assert stopped.end(PATIENCE_S) == INTERRUPTED, stopped.said()
    killed = replaying(home, log, MAPPING)
    killed.wait_for(FIRST, PATIENCE_S)
    killed.kill_part("router")
    killed.kill_part("sla-timer")
    killed.wait_for(SECOND, PATIENCE_S)
    killed.kill()
    last = replaying(home, log, MAPPING, "--report", str(folder / "report.json"))
    code = last.end(PATIENCE_S)
    assert code == 0, last.said()
    assert "going on after" in last.said()
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return found


def test_every_incident_ends_where_the_log_says(report: dict[str, Any], inputs: Inputs) -> None:
    assert report["checks"]["disagreements"] == 0, report["mismatches"]
    assert report["checks"]["refused_commands"] == 0, report["refused"]
    assert sum(report["tickets"].values()) == len(inputs.plan.cases) == 300


def test_no_command_was_done_twice_or_left_out(report: dict[str, Any], inputs: Inputs) -> None:
    assert report["commands"]["recorded"] == inputs.plan.steps
    opened = sum(step.verb == "open" for case in inputs.plan.cases for step in case.steps)
    claims = sum(step.verb == "claim" for case in inputs.plan.cases for step in case.steps)
    assert (report["events"]["opened"], report["claims"]) == (opened, claims)
    assert report["run"]["commands"] < inputs.plan.steps - SECOND + 1


def test_the_services_come_to_the_very_state_of_the_pure_core(
    report: dict[str, Any], pure: list[Ran]
) -> None:
    assert report["checks"]["state_hash"] == state_hash({it.case.key: it.ticket for it in pure})


def test_the_report_counts_what_happened(report: dict[str, Any], pure: list[Ran]) -> None:
    """Each table of it, counted a second time from the events of the pure core."""
    happened = [event.what for ran in pure for event in ran.events]
    moves = [what for what in happened if isinstance(what, e.Moved)]
    edges = Counter((it.from_tier, it.to_tier, type(it).__name__.lower()) for it in moves)
    told = {(it["from"], it["to"], it["how"]): it["count"] for it in report["hand_overs"]}
    assert told == edges
    assert {("L1", "L3", "escalated"), ("L3", "L1", "returned")} <= set(edges)
    assert report["bounces"] == sum(it.bounce for it in moves) > 0
    assert report["bounced_tickets"] == sum(ran.ticket.bounces > 0 for ran in pure)
    holds = Counter(it.hold.reason.value for it in happened if isinstance(it, e.Held))
    assert report["holds"] == holds
    assert len(holds) >= 4
    assert report["reopenings"] == sum(isinstance(it, e.Reopened) for it in happened)
    assert report["tickets"] == Counter(ran.ticket.state.value for ran in pure)
    assert report["run"]["commands_per_s"] > 0


def test_what_was_broken_is_counted_by_clock_and_priority(
    report: dict[str, Any], pure: list[Ran]
) -> None:
    broken: Counter[tuple[str, str, str]] = Counter()
    for ran in pure:
        ticket = None
        for event in ran.events:
            ticket = evolve(ticket, event)
            if isinstance(event.what, e.Breached | e.Lapsed):
                kind = type(event.what).__name__.lower()
                broken[kind, event.what.clock.value, ticket.priority.value] += 1
    told = {(it["type"], it["clock"], it["priority"]): it["n"] for it in report["broken"]}
    assert told == broken
    assert {kind for kind, _, _ in broken} == {"breached", "lapsed"}
    assert len({priority for _, _, priority in broken}) == 4


def test_time_in_tiers_on_hold_and_closed_is_all_the_time_there_was(
    report: dict[str, Any],
) -> None:
    assert report["checks"]["time_does_not_add_up"] == 0, report["time"]["wrong_tickets"]
    assert report["time"]["wall_hours"] > 0


def test_nothing_leaves_and_every_notice_says_why(report: dict[str, Any]) -> None:
    assert report["messages_sent"] == 0
    assert report["notices"]
    assert {row["state"] for row in report["notices"]} == {"suppressed"}
    assert all(row["reason"] for row in report["notices"])


def test_nothing_was_set_aside(report: dict[str, Any]) -> None:
    assert report["dead_letters"] == 0


def test_what_could_not_be_mapped_is_listed(report: dict[str, Any], inputs: Inputs) -> None:
    found = report["unmapped"]
    assert found["rows_read"] == inputs.plan.rows
    assert sum(row["count"] for row in found["by_reason"]) == sum(inputs.plan.reasons.values()) > 0


def test_what_could_not_be_mapped_is_said_before_anything_starts(
    report: dict[str, Any], folder: Path
) -> None:
    said = (folder / "home.log").read_text()
    assert "`Accepted / Parked`" in said.split("board:")[0]
    assert f"from row {report['unmapped']['by_reason'][0]['first_row']}" in said


def test_given_again_it_shows_the_report_of_then_and_starts_nothing(
    report: dict[str, Any], folder: Path, home: Path, inputs: Inputs
) -> None:
    shown = replaying(home, inputs.asked.log, MAPPING, "--report", str(folder / "again.json"))
    assert shown.end(PATIENCE_S) == 0, shown.said()
    assert json.loads((folder / "again.json").read_text()) == report


def test_another_log_is_refused_in_its_folder(
    report: dict[str, Any], folder: Path, home: Path
) -> None:
    other = folder / "other.csv"
    write_log(other, 10, seed=2)
    before = sorted(file.name for file in home.iterdir())
    run = replaying(home, other, MAPPING)
    assert run.end(PATIENCE_S) == USAGE
    assert "holds the replay of" in run.said()
    assert sorted(file.name for file in home.iterdir()) == before


def test_run_anew_without_interruption_and_wider_it_comes_to_the_same_state(
    report: dict[str, Any], folder: Path, home: Path, inputs: Inputs
) -> None:
    log = inputs.asked.log
    anew = replaying(
        home, log, MAPPING, "--again", *("--jobs", "4"), "--report", str(log) + ".json"
    )
    assert anew.end(PATIENCE_S) == 0, anew.said()
    found = json.loads(Path(str(log) + ".json").read_text())
    assert found["run"]["commands"] == inputs.plan.steps
    assert found["checks"]["state_hash"] == report["checks"]["state_hash"]
    assert found["checks"]["same_as_before"]
    assert "the same as before" in anew.said()
