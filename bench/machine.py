"""Facts of the machine and of what was measured on it, so that numbers can be compared."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from tierline.runtime.embedded.binaries import postgres_programs

ROOT = Path(__file__).resolve().parents[1]
COMMAND_SECONDS = 20


def facts() -> dict[str, Any]:
    """Cores, model, memory (MB), kernel, versions, commit, and the load before the first part."""
    return {
        "cores": os.cpu_count(),
        "model": _value(Path("/proc/cpuinfo"), "model name"),
        "memory_mb": int(_value(Path("/proc/meminfo"), "MemTotal").split()[0] or 0) // 1024,
        "machine": platform.machine(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "postgresql": _said(str(postgres_programs() / "postgres"), "--version").split()[-1],
        "commit": _commit(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def _value(path: Path, key: str) -> str:
    """The value of the first line of `path` that begins with `key`; `0` where there is none."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return "0"
    return next((ln.partition(":")[2].strip() for ln in lines if ln.startswith(key)), "0")


def _commit() -> str:
    """The commit, with a plus sign where files differ from it."""
    commit = _said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    return commit + ("+" if _said("git", "-C", str(ROOT), "status", "--porcelain", "-uno") else "")


def _said(*command: str) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() or ("?" if done.returncode else "")
