"""Which schema this code needs, and whether a database has it.

Migrations only add (expand) until nothing older runs (contract), so that two versions can run side
by side on one database. Code therefore needs its own newest migration, and works on any later one.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

VERSIONS = Path(__file__).parent / "migrations" / "versions"

_REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision = (?:"(\w+)"|None)$', re.MULTILINE)


@functools.cache
def history() -> Mapping[str, str]:
    """Each migration this code knows, and the one before it (empty: none)."""
    known: dict[str, str] = {}
    for file in VERSIONS.glob("[0-9]*.py"):
        text = file.read_text()
        revision, before = _REVISION.search(text), _BEFORE.search(text)
        if revision is None or before is None:
            raise ValueError(f"{file.name} does not say which migration it is")
        known[revision[1]] = before[1] or ""
    return known


def head() -> str:
    """The newest migration this code knows, which it needs."""
    known = history()
    return next(revision for revision in known if revision not in known.values())


def behind(there: Sequence[str]) -> str | None:
    """None where a database is migrated far enough for this code, else what it lacks.

    Args:
        there: the migrations that it says were applied last; one is the rule.
    """
    if head() in there or any(revision not in history() for revision in there):
        return None  # as new as this code, or newer
    at = ", ".join(there) or "none"
    return f"postgres: its schema is at {at}, and {head()} is needed: run the migration job"
