"""A generated policy as a folder of files, to be read, changed and given back by hand."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tierline.policy.document import LISTED
from tierline.policy.folder import RECORDS_FILE
from tierline.policy.yaml import FILE_BYTES_LIMIT
from tierline.replay.log import LogError

GROUPS_PER_FILE = 1_000

_HOURS = "# When somebody is there, for a replay. Generated from a log and its mapping.\n"
_GROUPS = "# The lines of support and the teams of the log as groups, without members.\n"
_PROMISES = "# What is promised and how long a tier may take, so that a replay can judge it.\n"
_RECORDS = "# The clients of the log, and everybody it names. Nobody of them can log in.\n"
_SECOND = "# It watches: time proposes, and neither moves nor closes what history did.\n"


def write_folder(document: Mapping[str, Any], records: Mapping[str, Any], folder: Path) -> None:
    """Write a policy and its records where `load_folder` reads the same version again.

    Args:
        document: of `generate(...)`: holidays are dates in it.
        records: of `records_of(...)`.
        folder: made if it is not there; files in it are overwritten.

    Raises:
        LogError: a file would be larger than a policy file may be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, head, sections in _files(document):
        _write(folder / name, head, sections)
    _write(folder / RECORDS_FILE, _RECORDS, records)


def _files(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    groups = list(document["groups"].items())
    apart = {"hours", "tiers", "groups", LISTED}
    yield "10-hours.yaml", _HOURS, {"hours": document["hours"]}
    for number, start in enumerate(range(0, len(groups), GROUPS_PER_FILE)):
        some = {"groups": dict(groups[start : start + GROUPS_PER_FILE])}
        first = {"tiers": document["tiers"]} if number == 0 else {}
        yield f"2{number}-groups.yaml", _GROUPS, {**first, **some}
    rest = {key: value for key, value in document.items() if key not in apart}
    yield "30-promises.yaml", _PROMISES, rest


def _write(path: Path, head: str, sections: Mapping[str, Any]) -> None:
    lines = [head, _SECOND]
    for name, value in sections.items():
        lines += _section(name, value)
    text = "".join(lines)
    if len(text.encode()) > FILE_BYTES_LIMIT:
        raise LogError(f"{path.name} would be too large: narrow the log with `only` and `skip`")
    path.write_text(text, encoding="utf-8")


def _section(name: str, value: Any) -> Iterator[str]:
    """One section, an entry a line; JSON is YAML, and needs no rules for quoting."""
    if not isinstance(value, Mapping) or not value:
        yield f"{name}: {_json(value)}\n"
        return
    yield f"{name}:\n"
    yield from (f"  {_json(key)}: {_json(item)}\n" for key, item in value.items())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
