"""Reads a policy folder: every `*.yaml` in name order, `clients/`, and `records.yaml`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tierline.domain.calendar import Calendar
from tierline.domain.policy import Policy
from tierline.policy.client_files import add_clients, copy_marks
from tierline.policy.document import check_document, compile_or_raise
from tierline.policy.errors import Finding, Mark, PolicyError, Positions, Problems, Where
from tierline.policy.grammar import Document
from tierline.policy.records import Records
from tierline.policy.records_links import compare_with_policy
from tierline.policy.records_read import read_records
from tierline.policy.schedules_links import compare_schedules_with_policy, warn_of_gaps
from tierline.policy.trying.grammar import TESTS
from tierline.policy.yaml import Tree, read_yaml

FILES_LIMIT = 50
CLIENT_FILES_LIMIT = 500
CLIENTS_FOLDER = "clients"
RECORDS_FILE = "records.yaml"

TESTS_SECTION = "tests"

_JOINED = frozenset({"triage", TESTS_SECTION})
"""The lists that several files may each add to."""


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """What a folder holds.

    Attributes:
        policy: compiled.
        document: the canonical document `policy` was compiled from; plain JSON.
        warnings: what is allowed and probably not meant.
        records: of `records.yaml`; empty without the file.
        files: the names that were read, in order.
        tests: what is to be tried; no part of the document, and so of the version.
        in_rules, in_records: where the rules and the records are written, for a further look.
    """

    policy: Policy
    document: Document
    warnings: tuple[Finding, ...]
    records: Records
    files: tuple[str, ...]
    tests: tuple[Mapping[str, Any], ...] = ()
    in_rules: Problems = field(default_factory=Problems, repr=False, compare=False)
    in_records: Problems = field(default_factory=Problems, repr=False, compare=False)

    @property
    def recorded(self) -> bool:
        """Whether the folder holds records at all; where not, they are kept elsewhere."""
        return RECORDS_FILE in self.files


def load_folder(
    path: str | Path,
    *,
    year: int | None = None,
    extra_calendars: Mapping[str, Calendar] | None = None,
) -> LoadedPolicy:
    """Read, check and compile a folder.

    Args:
        path: the folder.
        year: around which public holidays are looked up (one year back, five ahead); this year, if
            left out. The dates become part of the document, and so of the version.
        extra_calendars: by hash, those that running clocks pinned under earlier versions.

    Returns:
        The policy, its document, the records and the warnings.

    Raises:
        PolicyError: everything that is wrong, each with file, line, column and the fix.
    """
    folder = Path(path)
    tree, files = read_folder(folder)
    problems = Problems(tree.positions)
    tests = TESTS.check(tree.root.pop(TESTS_SECTION, []), (TESTS_SECTION,), problems)
    document = check_document(tree.root, year or datetime.now(UTC).year, problems)
    policy = compile_or_raise(document, problems, extra_calendars or {})
    records_file = folder / RECORDS_FILE
    records = Records()
    warnings, noted = problems.warnings, Problems()
    if records_file.exists():
        found = read_yaml(records_file)
        noted = Problems(found.positions)
        records = read_records(found.root, policy, document.get("hours", {}), noted)
        compare_with_policy(records, policy, problems)
        compare_schedules_with_policy(records.schedules, policy, problems)
        warn_of_gaps(records.schedules, looked_from(year), noted)
        warnings = [*problems.warnings, *noted.warnings]
        files = (*files, RECORDS_FILE)
    plain = _plain(document)
    return LoadedPolicy(
        policy, plain, tuple(warnings), records, files, tuple(tests), problems, noted
    )


def looked_from(year: int | None) -> datetime:
    """Where a look at hours and schedules begins: now, or with the year that was given (UTC)."""
    return datetime.now(UTC) if year is None else datetime(year, 1, 1, tzinfo=UTC)


def to_document(path: str | Path, *, year: int | None = None) -> Document:
    """The canonical document of a folder; raises as `load_folder`."""
    return load_folder(path, year=year).document


def read_folder(folder: Path) -> tuple[Tree, tuple[str, ...]]:
    """Read and merge the rule files of a folder.

    Returns:
        The merged sections with their positions, and the names of the files.

    Raises:
        PolicyError: no folder, no files, too many, one that cannot be read, a name given twice.
    """
    here = Problems(Positions(fallback=Mark(str(folder), 1, 1)))
    try:
        names = sorted(file.name for file in folder.iterdir() if file.suffix in {".yaml", ".yml"})
    except OSError as error:
        here.error((), f"is no folder that can be read: {error.strerror}", "check the path")
        names = []
    here.raise_if_any()
    for name in names:
        if name.endswith(".yml"):
            here.positions.fallback = Mark(str(folder / name), 1, 1)
            here.error((), "would not be read", f"name it {name.removesuffix('.yml')}.yaml")
    rules = tuple(name for name in names if name.endswith(".yaml") and name != RECORDS_FILE)
    if not 0 < len(rules) <= FILES_LIMIT:
        here.positions.fallback = Mark(str(folder), 1, 1)
        here.error((), f"holds {len(rules)} rule files", f"put 1 to {FILES_LIMIT} *.yaml there")
    here.raise_if_any()
    merged = _merge_all([_read(folder / name, here) for name in rules], here)
    merged.positions.fallback = Mark(str(folder), 0, 0)
    own = add_clients(merged, folder / CLIENTS_FOLDER, CLIENT_FILES_LIMIT)
    return merged, (*rules, *own)


def _read(path: Path, problems: Problems) -> Tree:
    """One file; what is wrong with it is kept, so that all files are complained about at once."""
    try:
        return read_yaml(path)
    except PolicyError as error:
        problems.errors.extend(error.findings)
        return Tree()


def _merge_all(trees: list[Tree], problems: Problems) -> Tree:
    merged = Tree()
    for tree in trees:
        for key, value in tree.root.items():
            _merge(merged, tree.positions, (key,), value, problems)
    problems.raise_if_any()
    return merged


def _merge(merged: Tree, written: Positions, at: Where, value: Any, problems: Problems) -> None:
    key = str(at[0])
    present = merged.root.get(key)
    if key not in merged.root:
        merged.root[key] = value
        copy_marks(written, merged.positions, at, at)
    elif isinstance(present, dict) and isinstance(value, dict):
        for name, item in value.items():
            if name in present:
                _refuse_twice(merged, written, (key, name), problems)
            else:
                present[name] = item
                copy_marks(written, merged.positions, (key, name), (key, name))
    elif key in _JOINED and isinstance(present, list) and isinstance(value, list):
        for i, item in enumerate(value):
            copy_marks(written, merged.positions, (key, i), (key, len(present)))
            present.append(item)
    else:
        _refuse_twice(merged, written, at, problems)


def _refuse_twice(merged: Tree, written: Positions, at: Where, problems: Problems) -> None:
    first = merged.positions.of(at, at_key=True)
    again = Problems(written)
    place = f"{first.file}:{first.line}:{first.column}"
    again.error(at, f"is already defined at {place}", "keep one of the two", at_key=True)
    problems.errors.extend(again.errors)


def _plain(document: Document) -> Document:
    """A copy that shares nothing, exactly as it comes back from storage."""
    copy: Document = json.loads(json.dumps(document))
    return copy
