"""Every command that README and the guides tell a reader to type, typed."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.docs.blocks import (
    REASON_LETTERS_MIN,
    Block,
    blocks_of,
    calls_of,
    missing,
    script_of,
    shown_by,
)
from tests.scenarios.running import Stack, running
from tierline.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "guides").glob("*.md")),
    *sorted((ROOT / "docs" / "runbooks").glob("*.md")),
]
BLOCK_SECONDS = 100
KINDS = ("shell", "stack")


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


def with_blocks(kind: str) -> list[Path]:
    return [page for page in PAGES if any(b.kind == kind for b in blocks_of(page))]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One stack for all pages; each page names its own problems."""
    with (
        tempfile.TemporaryDirectory(prefix="tierline-docs-") as folder,
        running(Path(folder)) as stack,
    ):
        yield stack


def plain_environment() -> dict[str, str]:
    """What a reader's shell has: the commands of the environment, and nothing of ours set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIERLINE_")}
    binaries = str(Path(sys.executable).parent)
    return {**kept, "PATH": f"{binaries}:{kept['PATH']}", "COLUMNS": "100", "NO_COLOR": "1"}


def stack_environment(stack: Stack) -> dict[str, str]:
    """What the pages say to set once, from what `tierline up` printed."""
    return {
        **plain_environment(),
        "TIERLINE_HOME": str(stack.home),
        "TOKEN": stack.token,
        "KEY": stack.key("api"),
        "ALERTMANAGER_KEY": stack.key("alertmanager"),
        "INTAKE": stack.url("intake"),
        "ROUTER": stack.url("router"),
        "CONSOLE": stack.url("console"),
        "RECEIVER": stack.receiver.url,
    }


def run_in_order(blocks: list[Block], environment: dict[str, str], folder: Path) -> None:
    """Run the blocks of a page one after the other; variables set in one are known to the next."""
    state = folder / "state.sh"
    state.write_text("")
    for block in blocks:
        script = f'set -a\n. "{state}"\nset -euo pipefail\n{script_of(block)}\nexport -p >"{state}"'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BLOCK_SECONDS,
            check=False,
        )
        said = f"{block}\n{block.text}\n-- said, exit code {done.returncode}:\n{done.stdout}"
        assert done.returncode == 0, said
        absent = missing(shown_by(block), done.stdout)
        assert not absent, f"the page shows {absent!r}, which did not come:\n{said}"


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_command_block_says_how_it_is_tested(page):
    unmarked = [
        f"{block}: {block.text.splitlines()[0]}" for block in blocks_of(page) if not block.kind
    ]
    assert unmarked == []
    hollow = [
        str(block)
        for block in blocks_of(page)
        if block.kind == "none" and len(block.reason) < REASON_LETTERS_MIN
    ]
    assert hollow == []


def parsed_by_tierline(arguments: list[str]) -> Any:
    """The context of the command that `arguments` call, parsed and not carried out."""
    command: Any = typer.main.get_command(app)
    context: Any = None
    name, rest = "tierline", list(arguments)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        context = command.context_class(command, info_name=name, parent=context)
        name, command, rest = command.resolve_command(context, rest)
    return command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", with_blocks("usage"), ids=names(with_blocks("usage")))
def test_the_examples_of_a_page_are_commands_with_such_arguments(page):
    calls = [call for b in blocks_of(page) if b.kind == "usage" for call in calls_of(b)]
    assert calls
    for call in calls:
        try:
            parsed_by_tierline(call)
        except typer.TyperException as error:
            pytest.fail(f"tierline {' '.join(call)}: {error.format_message()}")


def test_an_unknown_option_and_a_missing_argument_are_found():
    for call in (["tickets", "show"], ["clock", "jump", "45m", "--back"], ["no-such"]):
        with pytest.raises(typer.TyperException):
            parsed_by_tierline(call)


@pytest.mark.parametrize("page", with_blocks("shell"), ids=names(with_blocks("shell")))
def test_the_plain_blocks_of_a_page_work(page, tmp_path):
    run_in_order([b for b in blocks_of(page) if b.kind == "shell"], plain_environment(), tmp_path)


@pytest.mark.stack
@pytest.mark.timeout(400)
@pytest.mark.parametrize("page", with_blocks("stack"), ids=names(with_blocks("stack")))
def test_the_blocks_of_a_page_work_against_a_running_stack(page, stack, tmp_path):
    run_in_order(
        [b for b in blocks_of(page) if b.kind == "stack"], stack_environment(stack), tmp_path
    )


def test_the_pages_have_blocks_of_both_kinds():
    """Guards the tests above against a parser that finds nothing."""
    assert {kind for kind in KINDS if with_blocks(kind)} == set(KINDS)


def test_a_block_without_a_mark_and_one_with_an_empty_reason_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A\n\n```bash\nmake run\n```\n\n<!-- test: none, because -->\n```bash\nls\n```\n\n"
        "    tierline up\n\n<!-- test: shell -->\n```console\n$ echo a b\na ...\n```\n"
    )
    found = blocks_of(page)
    assert [(b.line, b.kind) for b in found] == [(3, ""), (8, ""), (12, ""), (15, "shell")]
    assert [b.text for b in found[:3]] == ["make run", "ls", "tierline up"]
    assert script_of(found[-1]) == "echo a b"
    assert missing(shown_by(found[-1]), "a c\n") == ""
    assert missing(shown_by(found[-1]), "b\n") == "a ..."
