"""One child process: started in a group of its own, ended gracefully or at once."""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

LOG_ROTATE_BYTES = 10 * 1024 * 1024
POLL_SECONDS = 0.05
KILL_WAIT_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1

Probe = Callable[[], Awaitable[str | None]]
Prepare = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """What to run and how to treat it.

    Attributes:
        name: unique among siblings; shown to people and used in file names.
        argv: the program and its arguments; never passed through a shell.
        env: added to this process's own environment.
        ready: says None when the child can do its job, else why not yet; None means that a
            running child is a ready child.
        prepare: awaited before every start, restarts included.
        log: where standard output and error go, appended; None discards both.
        cwd: working folder, or this process's own.
        stop_signal: asks it to end.
        grace_seconds: how long it may take to end before it is killed.
        death_signal: what the kernel sends it when this process dies (Linux only).
        uid: run as this user (needs root), or None to stay who we are.
        gid: run as this group, with no further groups; goes with uid.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Probe | None = None
    prepare: Prepare | None = None
    log: Path | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 12.0
    death_signal: signal.Signals = signal.SIGKILL
    uid: int | None = None
    gid: int | None = None


class Child:
    """A running (or ended) process made from a spec. Must be started from the main thread.

    The kernel ties the death signal to the *thread* that started the child, so a short-lived
    worker thread must not start one.
    """

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.started_at = time.monotonic()
        self._process = _spawn(spec)

    @property
    def pid(self) -> int:
        """The process id, valid until the child has ended."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code (negative: the signal that ended it), or None while it runs."""
        return self._process.poll()

    async def wait(self, timeout_seconds: float | None = None) -> int | None:
        """Wait until the child has ended.

        Args:
            timeout_seconds: at most this long; None waits without a limit.

        Returns:
            The exit code, or None when the time was up.
        """
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while (code := self.exit_code) is None:
            if deadline is not None and time.monotonic() >= deadline:
                return None
            await asyncio.sleep(POLL_SECONDS)
        return code

    async def stop(self) -> int:
        """Ask the child to end, wait out its grace, then kill its whole group.

        Returns:
            The exit code.
        """
        if self.exit_code is None:
            self._process.send_signal(self.spec.stop_signal)
            await self.wait(self.spec.grace_seconds)
        return await self.kill()

    async def kill(self) -> int:
        """End the child and everything left in its group with SIGKILL.

        Returns:
            The exit code.
        """
        self.kill_now()
        code = await self.wait(KILL_WAIT_SECONDS)
        return -signal.SIGKILL if code is None else code

    def kill_now(self) -> None:
        """Send SIGKILL to the whole group and do not wait."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _spawn(spec: ChildSpec) -> "subprocess.Popen[bytes]":
    with contextlib.ExitStack() as stack:
        output: int = subprocess.DEVNULL
        if spec.log is not None:
            output = stack.enter_context(_open_log(spec.log)).fileno()
        return subprocess.Popen(  # noqa: S603 - argv comes from our own tables, no shell
            list(spec.argv),
            env={**os.environ, **spec.env},
            cwd=spec.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if spec.log is not None else subprocess.DEVNULL,
            user=spec.uid,
            group=spec.gid,
            extra_groups=None if spec.uid is None else [],
            # A session of its own: Ctrl-C in the terminal reaches the parent only, which then
            # stops its children in order.
            start_new_session=True,
            preexec_fn=_tie_to_parent(spec.death_signal),  # noqa: PLW1509 - one system call
        )


def _tie_to_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """What the new process does before it becomes the program: ask to die with its parent.

    It also listens to SIGINT again: a parent that a shell started in the background ignores it, and
    children inherit that, though it is how they are asked to stop.
    """
    if sys.platform != "linux":
        return _hear_interrupts
    prctl = ctypes.CDLL(None).prctl  # looked up here: the child may only make the call
    parent, number = os.getpid(), int(death_signal)

    def tie() -> None:
        _hear_interrupts()
        prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the request was in place
            os._exit(1)

    return tie


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _open_log(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_ROTATE_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def log_tail(path: Path | None, lines: int = 5) -> str:
    """Read the end of a log for an error message.

    Args:
        path: the file; None or a missing file gives an empty string.
        lines: how many lines at most.

    Returns:
        The last lines, joined with " | ".
    """
    if path is None or not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8192))
        text = file.read().decode("utf-8", "replace")
    return " | ".join(line.strip() for line in text.splitlines()[-lines:] if line.strip())


def is_alive(pid: int) -> bool:
    """Tell whether a process with this id exists, whoever owns it.

    Args:
        pid: a process id above 0.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_line(pid: int) -> str:
    """Return the command line of a process.

    Args:
        pid: a process id.

    Returns:
        Its arguments joined with blanks; empty when it is gone, a zombie or not ours to see.
    """
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except OSError:
            return ""
    answer = subprocess.run(  # noqa: S603 - a number of our own
        ["ps", "-o", "args=", "-p", str(pid)],  # noqa: S607 - where ps lives differs by system
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


async def run_to_end(spec: ChildSpec, timeout_seconds: float) -> tuple[int, str]:
    """Run a program that ends by itself.

    Args:
        spec: what to run; its log gets standard error, its readiness and signals are not used.
        timeout_seconds: at most this long, then it is killed.

    Returns:
        Its exit code (negative: ended by that signal) and its standard output.

    Raises:
        TimeoutError: it was killed because its time was up.
        OSError: it could not be started.
    """
    with contextlib.ExitStack() as stack:
        errors: int | BinaryIO = subprocess.DEVNULL
        if spec.log is not None:
            errors = stack.enter_context(_open_log(spec.log))
        process = await asyncio.create_subprocess_exec(
            *spec.argv,
            env={**os.environ, **spec.env},
            cwd=spec.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            preexec_fn=_tie_to_parent(spec.death_signal),
        )
    try:
        async with asyncio.timeout(timeout_seconds):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return process.returncode or 0, output.decode("utf-8", "replace")
