"""Under which user PostgreSQL runs, since it refuses to run as root.

Not root: as ourselves. Root: as the unprivileged user `nobody`, a real loss of privileges, where
that user can reach both the programs and the data folder. Below a private folder such as /root it
cannot; there the server runs in a user namespace in which root appears under another number: the
files stay root's, no capability is left, and nothing has to be opened to other users. Containers
often forbid namespaces, but seldom keep their checkout in a private folder, so one of the two works
nearly everywhere; where neither does, the message says what to move.
"""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tierline.runtime.errors import UpError

NOBODY = 65_534
NAMESPACE_USER = 1_000
PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Identity:
    """How to start a program that must not be root.

    Attributes:
        uid: switch to this user and owner of the data; None keeps the present one.
        prefix: put before the program's arguments.
    """

    uid: int | None = None
    prefix: tuple[str, ...] = ()


def choose_identity(
    paths: Sequence[Path], *, effective_uid: int | None = None, namespaces: bool | None = None
) -> Identity:
    """Choose the user for a server that refuses to run as root.

    Args:
        paths: existing folders that it must be able to enter.
        effective_uid: who we are; None asks the system.
        namespaces: whether user namespaces work here; None tries one.

    Returns:
        The identity to start it with.

    Raises:
        UpError: we are root, a path is private to root, and namespaces are forbidden.
    """
    if (os.geteuid() if effective_uid is None else effective_uid) != 0:
        return Identity()
    hidden = next((path for path in paths if not reachable_by_others(path)), None)
    if hidden is None:
        return Identity(uid=NOBODY)
    if _namespaces_work() if namespaces is None else namespaces:
        return Identity(prefix=_namespace_prefix())
    raise UpError(
        f"PostgreSQL refuses to run as root, and the user it would run as cannot reach {hidden}.",
        "Run as a normal user, or keep the checkout and TIERLINE_HOME in a folder that other "
        "users may enter (for example below /srv or /var/lib).",
    )


def reachable_by_others(path: Path) -> bool:
    """Tell whether any user may pass through a folder and all those above it.

    Args:
        path: an existing folder.
    """
    real = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (real, *real.parents))


def _namespace_prefix() -> tuple[str, ...]:
    number = str(NAMESPACE_USER)
    return ("unshare", "--user", f"--map-user={number}", f"--map-group={number}", "--")


def _namespaces_work() -> bool:
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    try:
        answer = subprocess.run(  # noqa: S603 - constants only
            [*_namespace_prefix(), "true"],
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0
