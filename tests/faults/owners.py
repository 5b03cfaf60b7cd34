"""Which of our processes holds the other end of a loopback connection (Linux)."""

import os
from collections.abc import Mapping
from pathlib import Path

NOBODY = ""


def owner_of(peer_port: int, own_port: int, pids: Mapping[str, int]) -> str:
    """The name of the process that connected from `peer_port` to `own_port`; NOBODY: not ours.

    Args:
        peer_port: the connection's port at the client's end.
        own_port: the port it connected to.
        pids: process ids by name.
    """
    wanted = f"socket:[{_inode(peer_port, own_port)}]"
    for name, pid in pids.items():
        folder = f"/proc/{pid}/fd"
        try:
            handles = os.listdir(folder)  # noqa: PTH208 - a hot path of many small entries
        except OSError:
            continue
        for handle in handles:
            try:
                if os.readlink(f"{folder}/{handle}") == wanted:  # noqa: PTH115
                    return name
            except OSError:
                continue
    return NOBODY


def _inode(peer_port: int, own_port: int) -> str:
    """The inode of the client's socket, or "none"."""
    local, remote = f"0100007F:{peer_port:04X}", f"0100007F:{own_port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == local and fields[2] == remote:
            return fields[9]
    return "none"
