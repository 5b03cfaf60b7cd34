"""`tierline replay` as a user runs it, and ways to interrupt it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from tests.scenarios.running import ROOT
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.store.database import UNREACHABLE

POLL_SECONDS = 0.05


@dataclass
class Replaying:
    """A replay's process in its data folder."""

    home: Path
    process: "subprocess.Popen[bytes]"
    log: Path

    def recorded(self) -> int:
        """Commands recorded so far; 0 while the database does not answer."""
        return asyncio.run(self._recorded())

    async def _recorded(self) -> int:
        port = self.state().get("ports", {}).get("postgres")
        if port is None:
            return 0
        url = EmbeddedPostgres(self.home / "postgres", port).url()
        try:
            connection = await asyncpg.connect(url, timeout=5)
        except (*UNREACHABLE, asyncpg.PostgresError):
            return 0
        try:
            found: int = await connection.fetchval("SELECT count(*) FROM tierline.replay_command")
        finally:
            await connection.close()
        return found

    def state(self) -> dict[str, Any]:
        """What the folder says of the running copy; empty before it is ready."""
        try:
            found: dict[str, Any] = json.loads((self.home / "run.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    def wait_until_begun(self, seconds: float) -> None:
        """Wait until the folder is taken."""
        end = time.monotonic() + seconds
        while not (self.home / "replay.json").exists():
            assert self.process.poll() is None, f"it has ended:\n{self.said()}"
            assert time.monotonic() < end, f"not begun after {seconds} s"
            time.sleep(POLL_SECONDS)

    def wait_for(self, commands: int, seconds: float) -> int:
        """Wait until so many commands are recorded; how many then are."""
        end = time.monotonic() + seconds
        while (found := self.recorded()) < commands:
            assert self.process.poll() is None, f"it has ended:\n{self.said()}"
            assert time.monotonic() < end, f"{found} of {commands} after {seconds} s"
            time.sleep(POLL_SECONDS)
        return found

    def kill(self) -> None:
        """kill -9 of the command itself, in the middle of whatever it does."""
        self.process.kill()
        self.process.wait(10)

    def kill_part(self, name: str) -> None:
        """kill -9 of one of the parts it runs."""
        os.kill(self.state()["pids"][name], signal.SIGKILL)

    def end(self, seconds: float) -> int:
        """Wait for its own end; the exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            raise AssertionError(f"not over after {seconds} s:\n{self.said()}") from None

    def said(self) -> str:
        return self.log.read_text()[-4000:]


def replaying(home: Path, log: Path, mapping: Path, *more: str) -> Replaying:
    """Start `tierline replay`; what it says goes to a file beside its folder."""
    said = home.parent / f"{home.name}.log"
    with said.open("ab") as file:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tierline.cli.main", "replay", str(log)),
                *("--mapping", str(mapping), "--home", str(home), *more),
            ],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
    return Replaying(home, process, said)
