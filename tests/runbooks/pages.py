"""Following a page: its blocks in a shell, section by section, and a log of all that was said."""

import asyncio
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import Block, blocks_of, script_of
from tests.kafka.jars import java_command
from tests.runbooks.stack import RunbookStack
from tierline.runtime.embedded.binaries import postgres_programs
from tierline.runtime.embedded.identity import choose_identity
from tierline.runtime.ports import LOOPBACK

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "runbooks"
LOGS = ROOT / "build" / "runbooks"
BLOCK_SECONDS = 300.0
TOOLS = {"kafka-configs.sh": "kafka.admin.ConfigCommand"}
"""Programs of Apache Kafka that pages call, and the class of each."""

SERVICES = """#!/bin/bash
exec 3<>"/dev/tcp/127.0.0.1/$RUNBOOK_CONTROL"
printf '%s\\n' "$*" >&3
read -r said <&3
[ "$said" = done ] || { echo "$said" >&2; exit 1; }
"""


def sections(page: Path) -> dict[str, list[Block]]:
    """The blocks of a page that are followed, by the heading they stand under."""
    headings, lines, fenced = {}, page.read_text().splitlines(), False
    last = ""
    for number, line in enumerate(lines, 1):
        fenced ^= line.startswith("```")
        if line.startswith("#") and not fenced:
            last = line.lstrip("# ")
        headings[number] = last
    found: dict[str, list[Block]] = {}
    for block in blocks_of(page):
        if block.kind == "runbook":
            found.setdefault(headings[block.line], []).append(block)
    return found


@dataclass
class Shell:
    """A shell with which pages are followed; what one block sets is known to the next.

    Attributes:
        folder: for its own files; `bin` in it comes first in PATH.
        variables: what the page says one has to set.
        prefix: put before it: PostgreSQL's programs refuse to serve root.
        log: the log of the page that is being followed.
    """

    folder: Path
    variables: dict[str, str]
    prefix: tuple[str, ...]
    log: Path = LOGS / "none.log"
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where programs are looked for."""
        places = (self.folder / "bin", postgres_programs(), Path(sys.executable).parent)
        return ":".join([*map(str, places), os.environ["PATH"]])

    def begin(self, name: str) -> None:
        """Begin a page and its log."""
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = LOGS / f"{name}.log"
        self.log.write_text("")
        (self.folder / "state.sh").write_text("")

    def assign(self, name: str, value: str) -> None:
        """Set a variable for the blocks to come, whatever the page has set it to."""
        with (self.folder / "state.sh").open("a") as state:
            state.write(f"export {name}={shlex.quote(value)}\n")

    async def follow(self, *blocks: Block) -> str:
        """Run blocks one after the other. Raises AssertionError at the first that fails."""
        said = ""
        for block in blocks:
            said += await self._run(block)
        return said

    async def _run(self, block: Block) -> str:
        state = self.folder / "state.sh"
        script = (
            f'set -a\n. "{state}"\nset -euo pipefail\n{script_of(block)}\n'
            f'{{ export -p; declare -f; }} >"{state}"'
        )
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *self.prefix,
            "bash",
            "-c",
            script,
            env=self._environment(),
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(BLOCK_SECONDS):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            self.note(f"{block} has not ended within {BLOCK_SECONDS:g} s")
            raise
        took = time.monotonic() - began
        text = output.decode(errors="replace")
        with self.log.open("a") as log:
            quoted = "".join(f"$ {line}\n" for line in script_of(block).splitlines())
            log.write(f"{quoted}{text}-- exit code {process.returncode}, {took:.1f} s\n\n")
        assert process.returncode == 0, f"{block}\n{block.text}\n-- said:\n{text}"
        return text

    def note(self, text: str) -> None:
        """Add a line of the test's own to the log."""
        with self.log.open("a") as log:
            log.write(f"== {text}\n")
        print(text)

    def _environment(self) -> dict[str, str]:
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("TIERLINE_", "PG"))}
        plain = {"PATH": self.path, "COLUMNS": "160", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        return {**kept, **plain, "HOME": str(self.folder), **self.variables}


def make_shell(folder: Path, variables: Mapping[str, str], control: int) -> Shell:
    """A shell in a new `folder` that is its owner's alone, with the programs that pages call.

    For root it is one in a user namespace, and so is PostgreSQL below such a folder: both see the
    same files as their own.
    """
    programs = folder / "bin"
    programs.mkdir(parents=True)
    scripts = {"services": SERVICES}
    for name, kind in TOOLS.items():
        words = " ".join(f"'{word}'" for word in (*java_command(), kind))
        scripts[name] = f'#!/bin/bash\nexec {words} "$@"\n'
    if not _runs("pg_verifybackup"):
        verifier = Path(__file__).with_name("verify_backup.py")
        scripts["pg_verifybackup"] = f"#!/bin/bash\nexec '{sys.executable}' '{verifier}' \"$@\"\n"
    for name, text in scripts.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    python = Path(sys.executable).resolve().parent
    identity = choose_identity([postgres_programs(), python, folder])
    return Shell(folder, {**variables, "RUNBOOK_CONTROL": str(control)}, identity.prefix)


def _runs(program: str) -> bool:
    """Whether a program of the embedded PostgreSQL runs here at all."""
    command = [postgres_programs() / program, "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


async def take_orders(stack: RunbookStack) -> asyncio.Server:
    """Listen to the program `services` of the pages."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        words = (await reader.readline()).decode().split()
        try:
            await stack.obey(words)
            said = "done"
        except Exception as error:
            said = f"{type(error).__name__}: {error}".replace("\n", " ")
        writer.write(f"{said}\n".encode())
        await writer.drain()
        writer.close()

    return await asyncio.start_server(serve, LOOPBACK, 0)
