"""Reads `clients/` of a policy folder: a file a client, with what is otherwise for it alone."""

from pathlib import Path
from typing import Final

from tierline.policy.errors import Mark, PolicyError, Positions, Problems, Where
from tierline.policy.yaml import Tree, read_yaml

SECTION: Final = "clients"
WHOSE: Final = "client"
"""The key that names the client; without it, the file does."""


def add_clients(merged: Tree, folder: Path, limit: int) -> tuple[str, ...]:
    """Add the rules of each client that has a file.

    Args:
        merged: the rules of the policy folder, to which they are added.
        folder: `clients` in it; need not be there.
        limit: files at most.

    Returns:
        The names of the files as they stand in the policy folder, in order.

    Raises:
        PolicyError: too many, one that cannot be read, a client given twice.
    """
    if not folder.is_dir():
        return ()
    files = sorted(file for file in folder.iterdir() if file.suffix == ".yaml")
    problems = Problems(Positions(fallback=Mark(str(folder), 1, 1)))
    if len(files) > limit:
        problems.error((), f"holds {len(files)} files", f"at most {limit}: join some")
    problems.raise_if_any()
    for file in files:
        try:
            _add(merged, file, read_yaml(file), problems)
        except PolicyError as error:
            problems.errors.extend(error.findings)
    problems.raise_if_any()
    return tuple(f"{folder.name}/{file.name}" for file in files)


def _add(merged: Tree, file: Path, found: Tree, problems: Problems) -> None:
    client = found.root.pop(WHOSE, file.stem)
    known = merged.root.setdefault(SECTION, {})
    here = Problems(found.positions)
    if not isinstance(client, str):
        here.error((WHOSE,), "must be the name of a client", "write it like `client: Contoso`")
    elif not isinstance(known, dict) or client in known:
        first = merged.positions.of((SECTION, client), at_key=True)
        place = f"{first.file}:{first.line}:{first.column}"
        here.positions.fallback = Mark(str(file), 1, 1)
        here.error((), f"`{client}` has rules of its own at {place}", "keep one of the two")
    else:
        known[client] = found.root
        copy_marks(found.positions, merged.positions, (), (SECTION, client))
        merged.positions.keys[SECTION, client] = Mark(str(file), 1, 1)
    problems.errors.extend(here.errors)


def copy_marks(source: Positions, target: Positions, old: Where, new: Where) -> None:
    """Carry over the marks of `old` and of everything below it."""
    size = len(old)
    for marks, kept in ((source.keys, target.keys), (source.values, target.values)):
        kept.update({new + w[size:]: mark for w, mark in marks.items() if w[:size] == old})
