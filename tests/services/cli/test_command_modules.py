"""Which module brings which command, and that a command waits for no other command's imports."""

import json
import subprocess
import sys
from collections import defaultdict
from importlib import import_module

import pytest
import typer
import typer.main

from tests.services.cli.router import commands
from tierline.cli.commands import HERE, MODULES, REGISTER

HEAVY = {
    "tierline.policy.compile",
    "cel",
    "fastapi",
    "sqlalchemy",
    "alembic",
    "asyncpg",
    "aiokafka",
}
ASKING = [
    "tickets list",
    "tickets claim",
    "why",
    "due",
    "notices",
    "records list",
    "clock",
    "storms",
]
"""What a technician types all day: each of these asks the router, and nothing else."""

LOADED = """
import json, sys
from tierline.cli.main import app
app(sys.argv[1:], standalone_mode=False)
print(json.dumps(sorted(sys.modules)))
"""


def loaded_by(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("path", ASKING)
def test_a_command_that_asks_the_router_imports_no_server_and_no_compiler(path):
    assert loaded_by(*path.split(), "--help") & HEAVY == set()


def test_what_a_command_needs_is_imported_when_it_is_asked_for():
    """Guards the test above against one that sees no imports."""
    assert {"tierline.policy.compile", "cel"} <= loaded_by("policy", "check", "--help")


def test_a_module_brings_the_commands_it_stands_for_and_no_other():
    brought = defaultdict(set)
    for name, place in MODULES.items():
        brought[place].add(name)
    for place, names in brought.items():
        if ":" not in place:
            app = typer.Typer()
            getattr(import_module(f"{HERE}.{place}"), REGISTER)(app)
            assert set(typer.main.get_group(app).commands) == names


def test_every_command_is_made_once_and_knows_its_name():
    root = commands()
    for name in MODULES:
        assert root.commands[name] is root.commands[name]
        assert root.commands[name].name == name
    assert "no-such" not in root.commands
