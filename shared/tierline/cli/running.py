"""Looking at a running copy from outside, and stopping it."""

import asyncio
import os
import signal
import sys
import time
from typing import Any

from tierline.runtime.addresses import HTTP_SERVICES
from tierline.runtime.errors import UpError
from tierline.runtime.home import Home
from tierline.runtime.probes import http_probe

DOWN_WAIT_SECONDS = 90.0
DOWN_POLL_SECONDS = 0.1


def stop_running(home: Home) -> int:
    """Ask the running copy to stop and wait until it has.

    Args:
        home: its data folder.

    Returns:
        0, also when none runs.

    Raises:
        UpError: it did not stop in time, or is not ours to stop.
    """
    pid = home.holder()
    if not home.is_held() or pid is None:
        sys.stdout.write(f"no copy runs from {home.folder}\n")
        return 0
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError as error:
        raise UpError(
            f"Process {pid} belongs to another user.", "Stop it as that user, or as root."
        ) from error
    deadline = time.monotonic() + DOWN_WAIT_SECONDS
    while home.is_held():
        if time.monotonic() >= deadline:
            raise UpError(
                f"Process {pid} has not ended within {DOWN_WAIT_SECONDS:g} s.",
                f"Look at {home.logs}; `kill -9 {pid}` ends it at once, and loses no data.",
            )
        time.sleep(DOWN_POLL_SECONDS)
    sys.stdout.write(f"stopped process {pid}; the data stays in {home.folder}\n")
    return 0


async def look_at(home: Home) -> dict[str, Any]:
    """Find out how the copy of a data folder is.

    Args:
        home: its data folder.

    Returns:
        `running`, `ready` (all parts are), `home`, `pid`, `urls`, and `parts`: by service None when
        ready, else why not.
    """
    running = home.is_held()
    state = home.run_state() if running else {}
    urls = state.get("urls", {})
    names = [name.replace("-", "_") for name in HTTP_SERVICES]
    probes = {name: http_probe(f"{urls[name]}/readyz") for name in names if name in urls}
    answers = await asyncio.gather(*(probe() for probe in probes.values()))
    return {
        "running": running,
        "ready": bool(probes) and not any(answers),
        "home": str(home.folder),
        "pid": home.holder() if running else None,
        "urls": urls,
        "parts": dict(zip(probes, answers, strict=True)),
    }


def status_lines(report: dict[str, Any]) -> list[str]:
    """Write what `look_at` found for people.

    Args:
        report: what it returned.

    Returns:
        Lines to print.
    """
    if not report["running"]:
        return [f"no copy runs from {report['home']}"]
    lines = [f"running from {report['home']} (process {report['pid']})"]
    if not report["parts"]:
        return [*lines, "  still starting"]
    for name, why in report["parts"].items():
        lines.append(f"  {name}: {'ready' if why is None else why}  {report['urls'][name]}")
    return lines
