"""The command tree as a whole: help, version, failures, the reference that is made from it."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.services.cli.router import commands, run
from tierline.cli.reference import reference_text

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"
WITHOUT_JSON = {"tierline down", "tierline policy schema"}
"""`down` is part of the stack's commands; `schema` prints JSON as it is."""


def leaves(command, path: str = "tierline"):
    children = getattr(command, "commands", {})
    if not children:
        yield path, command
    for name, child in children.items():
        yield from leaves(child, f"{path} {name}")


LEAVES = dict(leaves(commands()))


def test_the_reference_in_the_documentation_is_what_the_commands_say():
    assert REFERENCE.read_text("utf-8") == reference_text(), (
        "run `python -m tierline.cli.reference > docs/reference/cli.md`"
    )


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_has_help_and_explains_all_it_takes(path):
    result = run(None, *path.split()[1:], "--help")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert LEAVES[path].help
    assert [it.name for it in LEAVES[path].params if not it.help] == []


@pytest.mark.parametrize("path", sorted(set(LEAVES) - WITHOUT_JSON))
def test_every_command_can_print_json(path):
    assert "--json" in [opt for it in LEAVES[path].params for opt in it.opts]


def test_all_of_the_commands_are_there():
    assert set(commands().commands) == {
        "up", "down", "status", "load", "policy", "tickets", "clock", "notices", "dead-letters",
        "token", "integration-key", "records", "replay", "due", "why", "on-call", "schedules",
        "actions", "rca",
        "known-errors",
        "list", "letter", "letters", "bounces", "training",
        "next", "storms",
        "scheduled", "to-confirm", "surveys", "audit",
        "migrate", "topics", "archive", "password", "doctor", "subscriptions", "erase",
    }  # fmt: skip


def test_version_is_that_of_the_package():
    assert run(None, "--version").stdout == f"tierline {version('tierline')}\n"


@pytest.mark.parametrize("args", [[], ["tickets"], ["policy"], ["token"], ["dead-letters"]])
def test_a_group_alone_shows_its_help_as_a_wrong_call(args):
    result = run(None, *args)
    assert result.exit_code == 2
    assert "Usage:" in result.output


def test_a_misspelt_command_is_told_the_nearest():
    result = run(None, "tickets", "clame", "1001", "--json")
    assert result.exit_code == 2
    said, remedy = result.stderr.splitlines()
    assert said.startswith("tierline: No such command 'clame'. Did you mean 'claim'")
    assert remedy == "  See `tierline tickets --help`."
    assert "clame" in json.loads(result.stdout)["error"]["message"]


def test_it_runs_as_a_module_and_a_failure_is_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tierline.cli.main", "tickets", "list"],
        env={"TIERLINE_HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 2
