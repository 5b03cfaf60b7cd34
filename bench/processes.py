"""CPU and memory of processes, as the kernel counts them in /proc."""

import contextlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def _table() -> dict[int, tuple[int, float]]:
    """Of every process: its parent, and its CPU seconds so far with those of ended children."""
    found = {}
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            used = sum(int(number) for number in fields[11:15])
            found[int(entry.name)] = (int(fields[1]), used / CLOCK_TICKS)
    return found


def family(pid: int) -> set[int]:
    """A process and all that descend from it, as far as they run."""
    return _family(pid, _table())


def _family(pid: int, table: Mapping[int, tuple[int, float]]) -> set[int]:
    found = {pid} & table.keys()
    while more := {p for p, (parent, _) in table.items() if parent in found} - found:
        found |= more
    return found


def cpu_seconds(pids: Collection[int]) -> float:
    """User and system seconds so far of these processes and all that descend from them."""
    table = _table()
    everybody = set().union(*(_family(pid, table) for pid in pids))
    return sum(table[pid][1] for pid in everybody)


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident memory of one process in MB (10^6 bytes): now, and the most it ever was."""
    said = {}
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            key, _, value = line.partition(":")
            if key in {"VmRSS", "VmHWM"}:
                said[key] = int(value.split()[0]) * 1024 / 1e6
    return said.get("VmRSS", 0.0), said.get("VmHWM", 0.0)


def shared_memory_mb(pid: int) -> float:
    """Memory of a process and its descendants in MB, pages they share counted once."""
    total = 0
    for one in family(pid):
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = (PROC / str(one) / "smaps_rollup").read_text()
            total += int(text.partition("Pss:")[2].split()[0])
    return total * 1024 / 1e6
