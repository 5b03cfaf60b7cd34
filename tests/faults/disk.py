"""A small file system that can be filled up, for PostgreSQL's files alone.

The run starts itself again in a mount namespace of its own and mounts a tmpfs there: as root as
root, else in a user namespace that keeps who we are and adds the right to mount. The file system is
gone with the last process that sees it.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "TIERLINE_FAULTS_DISK"
SIZE_MB = 1024
BALLAST = "ballast"
CHUNK = b"\0" * 2**20
LAST_CHUNK = b"\0" * 4096
PROBE_S = 20.0

MOUNT = 'mount -t tmpfs -o size="$1"m,mode=0711 tmpfs "$2" && shift 2 && exec "$@"'


def small_disk() -> Path | None:
    """Where the small file system is mounted; None where there is none."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def start_again_on_small_disk(folder: Path, argv: list[str]) -> str:
    """Become `argv` with a small file system mounted on `folder`.

    Returns only where that is impossible here: why.
    """
    if shutil.which("unshare") is None:
        return "there is no unshare (package util-linux)"
    for way in _ways():
        if not _works(way, folder):
            continue
        # The embedded PostgreSQL drops root by becoming another user, or, in a private folder, by a
        # user namespace; within one that maps root alone only the latter can work.
        folder.parent.chmod(0o700 if os.geteuid() == 0 and "--user" in way else 0o755)
        command = [*way, "sh", "-c", MOUNT, "sh", str(SIZE_MB), str(folder), *argv]
        environment = {**os.environ, VARIABLE: str(folder)}
        sys.stdout.flush()
        os.execvpe(command[0], command, environment)
    return "neither root nor a user namespace may mount a tmpfs here"


def _ways() -> list[list[str]]:
    """How to get a mount namespace of our own, the least unusual first."""
    mine = ["unshare", "--mount", "--propagation", "private"]
    user = ["unshare", "--user", "--map-current-user", "--keep-caps", *mine[1:]]
    return [mine, user] if os.geteuid() == 0 else [user]


def _works(way: list[str], folder: Path) -> bool:
    command = [*way, "sh", "-c", MOUNT, "sh", "1", str(folder), "true"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PROBE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def fill(disk: Path) -> int:
    """Write until nothing more fits; returns how many bytes it took."""
    taken = 0
    with (disk / BALLAST).open("ab", buffering=0) as file:
        for chunk in (CHUNK, LAST_CHUNK):
            with contextlib.suppress(OSError):
                while True:
                    taken += file.write(chunk)
    return taken


def free(disk: Path) -> None:
    """Give the space back."""
    (disk / BALLAST).unlink(missing_ok=True)


def take_down(disk: Path) -> None:
    """Unmount it, so that its folder can be removed."""
    with contextlib.suppress(OSError):
        subprocess.run(["umount", "-l", str(disk)], capture_output=True, check=False)
