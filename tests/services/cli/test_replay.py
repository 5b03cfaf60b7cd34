"""What a replay is made of, where it may run, and what it reports, without a stack around it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.services.cli.router import CLOCK, FakeRouter, run
from tierline.cli.failures import CONFLICT, USAGE, FailureError
from tierline.cli.main import app
from tierline.cli.replaying.figures import agrees
from tierline.cli.replaying.folder import ReplayFolder
from tierline.cli.replaying.inputs import Asked, Inputs, policy_folder, read_inputs
from tierline.cli.replaying.shown import report_lines
from tierline.policy.folder import load_folder
from tierline.replay.made_up import MAPPING, write_log

AFTER = "tierline.cli.replaying.{}"


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    log = tmp_path / "made-up.csv"
    write_log(log, 20)
    return Asked(log, MAPPING)


@pytest.fixture
def inputs(asked: Asked) -> Inputs:
    return read_inputs(asked)


def test_the_digest_names_log_mapping_policy_and_limit(asked: Asked, tmp_path: Path) -> None:
    first = read_inputs(asked)
    assert read_inputs(asked).digest == first.digest
    fewer = Asked(asked.log, asked.mapping, limit=5)
    assert read_inputs(fewer).digest != first.digest
    assert len(read_inputs(fewer).plan.cases) == 5
    folder = policy_folder(first, tmp_path / "policy")
    given = read_inputs(Asked(asked.log, asked.mapping, folder))
    assert given.digest != first.digest
    other = tmp_path / "other.yaml"
    other.write_text(MAPPING.read_text() + "\n# another version\n")
    assert read_inputs(Asked(asked.log, other)).digest != first.digest


def test_the_policy_made_from_a_log_is_the_one_that_is_loaded(
    inputs: Inputs, tmp_path: Path
) -> None:
    """State hashes hold pinned versions: both ways must give the same."""
    folder = policy_folder(inputs, tmp_path / "policy")
    loaded = load_folder(folder, year=inputs.year)
    assert loaded.policy.version == inputs.loaded.policy.version


def test_a_folder_is_fresh_or_that_of_the_same_replay(
    inputs: Inputs, asked: Asked, tmp_path: Path
) -> None:
    folder = ReplayFolder(tmp_path / "home")
    assert folder.check(inputs) is None
    folder.folder.mkdir()
    (folder.folder / "logs").mkdir()
    standing = folder.begin(inputs, folder.check(inputs))
    assert folder.check(inputs) == standing
    other = read_inputs(Asked(asked.log, asked.mapping, limit=5))
    with pytest.raises(FailureError, match="the replay of") as refused:
        folder.check(other)
    assert refused.value.code == USAGE


def test_a_folder_that_holds_something_else_is_refused(inputs: Inputs, tmp_path: Path) -> None:
    (tmp_path / "home" / "postgres").mkdir(parents=True)
    with pytest.raises(FailureError, match="something else") as refused:
        ReplayFolder(tmp_path / "home").check(inputs)
    assert refused.value.code == USAGE


def test_again_forgets_what_was_recorded_and_keeps_its_hash(inputs: Inputs, tmp_path: Path) -> None:
    folder = ReplayFolder(tmp_path / "home")
    (folder.folder / "postgres" / "data").mkdir(parents=True)
    folder.end(folder.begin(inputs, None), "abc", {"checks": {}})
    ended = folder.check(inputs)
    assert ended is not None
    assert ended.hash == "abc"
    assert folder.ended_report(ended) == {"checks": {}}
    fresh = folder.again(ended)
    assert folder.ended_report(fresh) is None
    assert (fresh.hash, fresh.earlier_hash, fresh.clearing) == ("", "abc", False)
    assert folder.check(inputs) == fresh
    assert not (folder.folder / "postgres").exists()
    assert not folder.report.exists()


def test_what_a_crash_left_half_removed_is_removed_at_the_next_start(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CrashError(Exception):
        pass

    def crash(*_: Any, **__: Any) -> None:
        raise CrashError

    folder = ReplayFolder(tmp_path / "home")
    (folder.folder / "postgres" / "data").mkdir(parents=True)
    folder.end(folder.begin(inputs, None), "abc", {})
    ended = folder.check(inputs)
    assert ended is not None
    with monkeypatch.context() as broken:
        broken.setattr(AFTER.format("folder.shutil.rmtree"), crash)
        with pytest.raises(CrashError):
            folder.again(ended)
    found = folder.begin(inputs, folder.check(inputs))
    assert not (folder.folder / "postgres").exists()
    assert (found.hash, found.earlier_hash) == ("", "abc")


def test_a_policy_that_does_not_suit_the_log_is_refused(asked: Asked) -> None:
    example = Path(__file__).parents[3] / "policy"
    with pytest.raises(FailureError, match="does not suit") as refused:
        read_inputs(Asked(asked.log, asked.mapping, example))
    assert refused.value.code == USAGE


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a: [str(a.log.with_name("nothing.csv")), "--mapping", str(a.mapping)], "no log"),
        (lambda a: [str(a.log), "--mapping", str(a.log.with_name("nothing"))], "no mapping"),
        (lambda a: [str(a.log), "--mapping", str(a.log)], "Correct it"),
        (lambda a: [str(a.mapping), "--mapping", str(a.mapping)], "has no column"),
        (lambda a: [str(a.log)], "--mapping"),
    ],
)
def test_called_wrongly_it_starts_nothing_and_ends_with_2(
    asked: Asked,
    tmp_path: Path,
    change: Callable[[Asked], list[str]],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    with pytest.raises(SystemExit) as ended:
        app(["replay", *change(asked), "--home", str(home)], prog_name="tierline")
    assert ended.value.code == USAGE
    assert told in capsys.readouterr().err
    assert not home.exists()


def report(**checks: Any) -> dict[str, Any]:
    """The report of a small replay."""
    found = {
        "disagreements": 0,
        "disagreeing_cases": 0,
        "refused_commands": 0,
        "time_does_not_add_up": 0,
        "dead_letters": 0,
        "state_hash": "abc",
    }
    return {
        "log": "made-up.csv",
        "incidents": 4,
        "from": "2012-03-05T08:00:00+00:00",
        "to": "2012-05-05T08:00:00+00:00",
        "run": {"seconds": 3.0, "commands": 14, "commands_per_s": 4.7},
        "tickets": {"closed": 4},
        "commands": {"recorded": 14, "refused": 0},
        "events": {"opened": 4, "claimed": 3},
        "claims": 3,
        "reopenings": 2,
        "anew": 1,
        "hand_overs": [{"from": "L1", "to": "L2", "how": "escalated", "count": 2}],
        "bounces": 2,
        "bounced_tickets": 1,
        "holds": {"client": 2},
        "broken": [
            {"type": "breached", "clock": "resolve", "priority": "P3", "n": 1},
            {"type": "lapsed", "clock": "tier", "priority": "P2", "n": 2},
        ],
        "notices": [{"state": "suppressed", "reason": "mode watch", "n": 9}],
        "messages_sent": 0,
        "time": {
            "tier_hours": {"L1": 3.0},
            "hold_hours": {"client": 2.0},
            "closed_hours": 1.0,
            "finished_hours": 4.0,
            "wall_hours": 10.0,
        },
        "unmapped": {
            "rows_read": 20,
            "left_out_by_the_mapping": 0,
            "by_reason": [{"column": "at", "reason": "no instant", "count": 1}],
            "rows": [],
        },
        "checks": found | checks,
        "mismatches": [{"case": "A", "field": "owner", "log": "ines", "ticket": "tom"}],
        "refused": [{"key": "A/1/1", "verb": "claim", "reason": "tom has already claimed it"}],
    }


def test_the_report_says_all_of_it_in_words() -> None:
    text = "\n".join(report_lines(report()))
    for part in (
        "4 of 4 agree",
        "reopenings 2 (1 of them finished anew)",
        "L1 to L2  2",
        "bounces): 2 of 1 tickets",
        "resolve  P3 1",
        "tier  P2 2",
        "9 suppressed  mode watch",
        "1 at  no instant",
        "Everything agrees.",
    ):
        assert part in text, part


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ({"disagreements": 1, "disagreeing_cases": 1}, "3 of 4 agree"),
        ({"refused_commands": 1}, "refused: A/1/1 claim"),
        ({"time_does_not_add_up": 2}, "all but 2 tickets"),
        ({"dead_letters": 5}, "dead letters: 5"),
        ({"same_as_before": False, "earlier_hash": "def"}, "before it was def"),
    ],
)
def test_any_disagreement_is_said_and_changes_the_exit_code(
    checks: dict[str, Any], said: str
) -> None:
    found = report(**checks)
    assert not agrees(found)
    text = "\n".join(report_lines(found))
    assert said in text
    assert "There are disagreements." in text
    assert json.loads(json.dumps(found)) == found


def test_a_second_run_with_the_same_end_says_so() -> None:
    found = report(same_as_before=True, earlier_hash="abc")
    assert agrees(found)
    assert "the same as before" in "\n".join(report_lines(found))


def test_production_is_not_granted_the_scope(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIERLINE_DATABASE_URL", "postgresql://x:y@127.0.0.1:1/none")
    monkeypatch.delenv("TIERLINE_DEVELOPMENT", raising=False)
    with pytest.raises(SystemExit) as ended:
        app(["token", "create", "--name", "x", "--scope", "replay"], prog_name="tierline")
    assert ended.value.code == USAGE
    assert "development stack only" in capsys.readouterr().err


REFUSED = {
    "code": "replay_running",
    "detail": "the replay of old.csv is running here: reading is fine, writing waits for its end;"
    " use another data folder (--home) meanwhile",
}


def test_a_write_during_a_replay_is_told_what_runs_and_what_to_do() -> None:
    result = run(FakeRouter({"POST /v1/clock": (409, REFUSED)}), "clock", "hold")
    assert result.exit_code == CONFLICT
    assert "The replay of old.csv is running here" in result.stderr
    assert "tierline up --ports auto --home OTHER" in result.stderr


def test_the_clock_says_which_replay_holds_it() -> None:
    held = CLOCK | {"held": True, "replay": "old.csv"}
    assert (
        "held by the replay of old.csv" in run(FakeRouter({"GET /v1/clock": held}), "clock").stdout
    )
