"""A whole stack of its own for a part of the bench: `tierline up` on free ports, then removed."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from ruamel.yaml import YAML

from bench.machine import ROOT
from bench.processes import cpu_seconds
from tierline.runtime.embedded.postgres import EmbeddedPostgres

UP_SECONDS = 300
DOWN_SECONDS = 60
LINE_BYTES_MAX = 1 << 20
SERVICES = ("intake", "router", "sla-timer", "notifier", "console")
HOOK = "/hook"
OPENED = "tierline.ticket.opened.v1"


@dataclass
class Stack:
    """A running stack: its data folder, what `up --json` printed, and its process."""

    home: Path
    said: dict[str, Any]
    process: Process
    db: "asyncpg.Connection[Any]"
    database_url: str

    def url(self, service: str) -> str:
        """Where a service answers."""
        return str(self.said["urls"][service.replace("-", "_")])

    def port(self, service: str) -> int:
        """The port a service answers on."""
        return int(self.url(service).rpartition(":")[2])

    @property
    def key(self) -> str:
        """The key of the integration that takes plain JSON alerts."""
        return str(self.said["integration_keys"]["api"])

    def pids(self) -> dict[str, int]:
        """The processes of its parts by name; `postgres` and `broker` beside the services."""
        found: dict[str, int] = json.loads((self.home / "run.json").read_text())["pids"]
        return found

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far by part, those of PostgreSQL's backends included."""
        return {name: cpu_seconds([pid]) for name, pid in self.pids().items()}


def work_folder() -> Path:
    """A new folder in the place for temporary files, which a server of another user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="tierline-bench-"))
    folder.chmod(0o755)
    return folder


def policy_towards(folder: Path, url: str, *, rooms: bool, hook: bool) -> Path:
    """A copy of the example policy whose rooms and one subscription lead to `url`, as asked.

    It gathers no storms: what is measured is how soon each ticket climbs by itself.
    """
    shutil.copytree(ROOT / "policy", folder)
    (folder / "90-no-storms.yaml").write_text("storm: never\n")
    yaml = YAML()
    records = yaml.load(folder / "records.yaml")
    for name, room in records["rooms"].items():
        if rooms:
            room["url"] = f"{url}/chat/{name}"
    records["subscriptions"] = {"bench": {"url": f"{url}{HOOK}"}} if hook else {}
    with (folder / "records.yaml").open("w") as file:
        yaml.dump(records, file)
    return folder


def _tell_leads_after(policy: Path, unclaimed: str) -> None:
    yaml, file = YAML(), policy / "50-paths.yaml"
    document = yaml.load(file)
    for step in document["paths"]["standard"]:
        if "unclaimed" in step:
            step["unclaimed"] = f"{unclaimed} tell lead"
    with file.open("w") as out:
        yaml.dump(document, out)


@asynccontextmanager
async def running(
    url: str = "",
    *,
    rooms: bool = False,
    hook: bool = True,
    only_opened: bool = True,
    unclaimed: str = "",
) -> AsyncIterator[Stack]:
    """A stack on a data folder of its own, stopped and removed at the end.

    Args:
        url: of the receiver; empty: nothing leaves the stack.
        rooms: chat rooms post there.
        hook: a subscription posts there, to HOOK.
        only_opened: the subscription wants opened tickets only, else every event.
        unclaimed: after how long a lead hears of an unclaimed ticket, instead of the example's.
    """
    folder = work_folder()
    try:
        policy = policy_towards(
            folder / "policy", url, rooms=rooms and bool(url), hook=hook and bool(url)
        )
        if unclaimed:
            _tell_leads_after(policy, unclaimed)
        async with _up(folder / "home", policy) as stack:
            if only_opened:
                await stack.db.execute("UPDATE tierline.subscription SET types = $1", [OPENED])
            yield stack
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


@asynccontextmanager
async def _up(home: Path, policy: Path) -> AsyncIterator[Stack]:
    log = (home.parent / "up.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tierline.cli.main", "up", "--json", "--ports", "auto"),
        *("--home", str(home), "--policy", str(policy)),
        stdout=PIPE,
        stderr=log,
        cwd=ROOT,
        limit=LINE_BYTES_MAX,
    )
    try:
        said = await _ready(process, home)
        ports: Mapping[str, int] = json.loads((home / "run.json").read_text())["ports"]
        url = EmbeddedPostgres(home / "postgres", ports["postgres"]).url()
        db = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
        try:
            yield Stack(home, said, process, db, url)
        finally:
            db.terminate()  # the server it speaks to may have been killed meanwhile
    finally:
        log.close()
        await _stop(process)


async def _ready(process: Process, home: Path) -> dict[str, Any]:
    if process.stdout is None:
        raise AssertionError("a pipe was asked for")
    async with asyncio.timeout(UP_SECONDS):
        line = await process.stdout.readline()
    if not line:
        raise RuntimeError("no stack: " + (home.parent / "up.log").read_text()[-2000:])
    found: dict[str, Any] = json.loads(line)
    return found


async def _stop(process: Process) -> None:
    """Ctrl-C and a clean end; what does not end is killed, and the kernel ends its children."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGINT)
        try:
            await asyncio.wait_for(process.wait(), DOWN_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
