"""The version before this one, out of the repository's history."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

from tests.product import MEMBERS, ROOT

CHOSEN = "TIERLINE_PREVIOUS"
"""Names another commit, tag or branch to run beside this one."""

MIGRATIONS = "shared/tierline/store/migrations/versions"


class NoPreviousError(RuntimeError):
    """The history here does not hold it."""


def git(*arguments: str) -> bytes:
    """What git says in this repository. Raises NoPreviousError where it fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    except OSError as error:
        raise NoPreviousError(f"git cannot be run: {error}") from error
    if done.returncode:
        raise NoPreviousError(done.stderr.decode().strip() or f"git {arguments[0]} failed")
    return done.stdout


def is_shallow() -> bool:
    """Whether the history was cut off when it was fetched."""
    return git("rev-parse", "--is-shallow-repository").strip() == b"true"


def previous_commit() -> str:
    """The commit to run beside this one.

    The one before the newest change of the schema, so that an older schema is migrated under it;
    TIERLINE_PREVIOUS names another.

    Raises:
        NoPreviousError: there is none here.
    """
    chosen = os.environ.get(CHOSEN, "")
    if not chosen:
        newest = git("log", "-1", "--first-parent", "--format=%H", "--", MIGRATIONS)
        chosen = f"{newest.decode().strip() or 'HEAD'}~1"
    return git("rev-parse", "--verify", f"{chosen}^{{commit}}").decode().strip()


def take_out(commit: str, folder: Path) -> Path:
    """Write the files of `commit` into `folder`, and nothing into the repository."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", "--format=tar", commit))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def import_path(root: Path) -> str:
    """A PYTHONPATH that puts the code below `root` before what is installed."""
    return os.pathsep.join(str(root / member.relative_to(ROOT)) for member in MEMBERS)
