"""The data folder of one running copy: lock, secrets, ports, and what runs from it."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tierline.runtime.errors import UpError
from tierline.runtime.process import command_line

DEFAULT_FOLDER = ".tierline"
HOME_VARIABLE = "TIERLINE_HOME"
LOWEST_FREE_BYTES = 500 * 1024 * 1024
LOCK_ATTEMPTS = 4
LOCK_PAUSE_SECONDS = 0.1
LEFTOVER_GRACE_SECONDS = 10.0
LEFTOVER_POLL_SECONDS = 0.05


def resolve_home(chosen: Path | None = None) -> Path:
    """Say which folder is meant: the argument, else TIERLINE_HOME, else `.tierline` here.

    Args:
        chosen: from the command line, or None.

    Returns:
        An absolute path, not necessarily there yet.
    """
    return (chosen or Path(os.environ.get(HOME_VARIABLE) or DEFAULT_FOLDER)).expanduser().absolute()


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Home:
    """One data folder.

    Args:
        folder: made by `prepare` when missing.
        free_bytes: tells the free disk space at a folder, in bytes.
    """

    def __init__(self, folder: Path, free_bytes: Callable[[Path], int] = _free_bytes) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self._free_bytes = free_bytes
        self._lock: int | None = None

    def prepare(self) -> None:
        """Make the folder and see that it can be used.

        Raises:
            UpError: it cannot be made or written, or the disk is nearly full.
        """
        remedy = f"Choose another folder with --home or {HOME_VARIABLE}, or change its owner."
        try:
            # Root's PostgreSQL runs as another user and has to pass through; nobody else's does.
            self.folder.mkdir(
                mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True
            )
            self.logs.mkdir(mode=0o700, exist_ok=True)
            trial = self.folder / ".writable"
            trial.write_bytes(b"")
            trial.unlink()
        except OSError as error:
            raise UpError(
                f"The data folder {self.folder} cannot be written: {error.strerror}.", remedy
            ) from error
        free = self._free_bytes(self.folder)
        if free < LOWEST_FREE_BYTES:
            raise UpError(
                f"The disk that holds {self.folder} has {free // 2**20} MB left; "
                f"Tierline needs at least {LOWEST_FREE_BYTES // 2**20} MB.",
                f"Free some space, or choose a folder on another disk with --home or "
                f"{HOME_VARIABLE}.",
            )

    def lock(self) -> None:
        """Take the folder for this process, until it ends or `unlock` is called.

        Raises:
            UpError: another copy runs from this folder.
        """
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(handle, LOCK_ATTEMPTS):
            os.close(handle)
            raise UpError(
                f"Tierline already runs from {self.folder} (process {self.holder() or 'unknown'}).",
                f"Stop it with `tierline down --home {self.folder}`, or start a second copy with "
                f"another folder: `tierline up --ports auto --home OTHER`.",
            )
        self._lock = handle
        (self.folder / "pid").write_text(f"{os.getpid()}\n", "ascii")

    def unlock(self) -> None:
        """Give the folder back; does nothing when it is not held."""
        if self._lock is not None:
            (self.folder / "pid").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def holder(self) -> int | None:
        """Return the process that wrote the pid file, or None when there is none."""
        try:
            return int((self.folder / "pid").read_text("ascii"))
        except (OSError, ValueError):
            return None

    def is_held(self) -> bool:
        """Tell whether some process holds the lock at this moment."""
        try:
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not _locked(handle, attempts=1)
        finally:
            os.close(handle)

    def secret(self) -> str:
        """Return this copy's own secret, 32 random bytes in hex, made at first use."""
        known = self._read("secrets.json")
        if not isinstance(known.get("secret"), str):
            known["secret"] = secrets.token_hex(32)
            self._write("secrets.json", known)
        return str(known["secret"])

    def remembered_ports(self) -> dict[str, int]:
        """Return the ports of the last start by name."""
        ports = self._read("ports.json")
        return {name: port for name, port in ports.items() if isinstance(port, int)}

    def remember_ports(self, ports: Mapping[str, int]) -> None:
        """Keep the ports for the next start."""
        self._write("ports.json", dict(ports))

    def run_state(self) -> dict[str, Any]:
        """Return what the running copy wrote about itself; empty when none is ready."""
        return self._read("run.json")

    def write_run_state(self, state: Mapping[str, Any]) -> None:
        """Write run.json (mode 0600): the copy is ready, here is where everything answers."""
        self._write("run.json", dict(state))

    def clear_run_state(self) -> None:
        """Remove what is only true while running."""
        for name in ("run.json", "children.json"):
            (self.folder / name).unlink(missing_ok=True)

    def record_children(self, pids: Mapping[str, int]) -> None:
        """Note the running children, so that a next start finds them if this process is killed."""
        known = {name: {"pid": pid, "command": command_line(pid)} for name, pid in pids.items()}
        self._write("children.json", known)

    def end_leftovers(self, grace_seconds: float = LEFTOVER_GRACE_SECONDS) -> list[str]:
        """End children of an earlier copy that was killed. Call it with the lock held.

        A process is ended only when both its number and its command line are those noted.

        Args:
            grace_seconds: how long they may take after SIGINT before SIGKILL.

        Returns:
            The names of those that were still there.
        """
        found = {
            name: entry for name, entry in self._read("children.json").items() if _is_ours(entry)
        }
        for number in (signal.SIGINT, signal.SIGKILL):
            for entry in found.values():
                if _is_ours(entry):
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(int(entry["pid"]), number)
            deadline = time.monotonic() + grace_seconds
            while any(map(_is_ours, found.values())) and time.monotonic() < deadline:
                time.sleep(LEFTOVER_POLL_SECONDS)
        self.clear_run_state()
        return sorted(found)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.folder / name).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        """Replace a file as a whole, readable by its owner only."""
        fresh = self.folder / f"{name}.new"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2, sort_keys=True)
            file.write("\n")
        fresh.replace(self.folder / name)


def _locked(handle: int, attempts: int) -> bool:
    """Try to lock; more than once, because `is_held` in another process holds it for a moment."""
    for attempt in range(attempts):
        if attempt:
            time.sleep(LOCK_PAUSE_SECONDS)
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def _is_ours(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("pid"), int):
        return False
    command = entry.get("command")
    return bool(command) and command_line(entry["pid"]) == command
