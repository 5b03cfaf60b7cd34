"""Finding a version of a policy: in a folder, in the database by its hash, or the running one."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tierline.cli.direct import find_target, work_on
from tierline.cli.failures import FailureError
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.store.tickets import Connection

RUNNING: Final = "running"
_HASH: Final = re.compile(r"(?:sha256:)?([0-9a-f]{4,64})")

ACTIVE = "SELECT version, document FROM tierline.policy_version WHERE active"
STORED = (
    "SELECT version, document FROM tierline.policy_version"
    " WHERE starts_with(version, $1) ORDER BY version LIMIT 2"
)


@dataclass(frozen=True, slots=True)
class Version:
    """One version: its hash, its document as it is stored, and where it was found."""

    hash: str
    document: dict[str, Any]
    found: str


def find_version(named: str, year: int | None, home: Path | None) -> Version:
    """Find a version.

    Args:
        named: `running`, a folder, or a hash or the beginning of one, with or without `sha256:`.
        year: around which a folder's public holidays are looked up.
        home: the stack's data folder from the command line, or None.

    Raises:
        FailureError: there is none of that name, or several; the folder or the database is of no
            use.
    """
    if named != RUNNING and (Path(named).is_dir() or not _HASH.fullmatch(named)):
        return find_folder(Path(named), year)
    prefix = _HASH.fullmatch(named)

    async def read(connection: Connection) -> list[Any]:
        if prefix is None:
            return list(await connection.fetch(ACTIVE))
        return list(await connection.fetch(STORED, f"sha256:{prefix[1]}"))

    rows = work_on(find_target(home), read)
    if len(rows) != 1:
        how_many = "Several versions begin" if rows else "No version begins"
        said = f"{how_many} with {named}." if prefix else "No policy is loaded."
        fix = "Give more of the hash, or a folder." if prefix else "Load one: `tierline load`."
        raise FailureError(said, fix)
    (row,) = rows
    return Version(row["version"], json.loads(row["document"]), "database")


def find_folder(folder: Path, year: int | None) -> Version:
    """The version that a folder holds.

    Raises FailureError where it is of no use, with all that is wrong.
    """
    try:
        loaded = load_folder(folder, year=year)
    except PolicyError as error:
        findings = [str(finding) for finding in error.findings]
        raise FailureError(
            "\n".join(findings),
            f"Correct it; `tierline policy check {folder}` looks again.",
            problem={"findings": findings},
        ) from None
    return Version(loaded.policy.version, loaded.document, str(folder))
