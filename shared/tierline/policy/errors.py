"""What is wrong with a policy: findings that name file, line, column and the fix.

Checks run on plain values and report the *path* of the value (`("groups", "Desk", "tier")`). Where
that path stands in a file is looked up at the end, so that the same checks serve a folder of files
and a document out of the database.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

FINDINGS_LIMIT = 20
"""More than this nobody reads; the first ones usually cause the rest."""

UNWISE: Final = "unwise"
"""The code of a warning that has none of its own."""

Where = tuple[str | int, ...]
"""The keys and list positions (from 0) that lead from the root to a value."""


class Mark(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int


NOWHERE = Mark("", 0, 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `line` and `column` count from 1; 0 when there is no file.

    `code` is a warning's stable name, for scripts; errors have none.
    """

    file: str
    line: int
    column: int
    field: str
    message: str
    remedy: str = ""
    code: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else ""
        place = place or (f"{self.file}: " if self.file else "")
        named = f"{self.field}: " if self.field else ""
        fix = f"; {self.remedy}" if self.remedy else ""
        return f"{place}{named}{self.message}{fix}"


class PolicyError(ValueError):
    """A policy or its records cannot be used.

    Attributes:
        findings: everything that was found wrong, at most `FINDINGS_LIMIT`, in file order.
        file, line, column, field, message, remedy: those of the first finding.
    """

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*findings)
        self.findings = findings
        first = findings[0]
        self.file, self.line, self.column = first.file, first.line, first.column
        self.field, self.message, self.remedy = first.field, first.message, first.remedy

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


@dataclass(slots=True)
class Positions:
    """Where each key and each value of a tree was written."""

    keys: dict[Where, Mark] = field(default_factory=dict)
    values: dict[Where, Mark] = field(default_factory=dict)
    fallback: Mark = NOWHERE

    def of(self, where: Where, *, at_key: bool) -> Mark:
        """The mark of `where`, or of the nearest thing around it that was written down."""
        for length in range(len(where), 0, -1):
            near = where[:length]
            first, second = self.values.get(near), self.keys.get(near)
            if at_key or length < len(where):
                first, second = second, first
            if mark := first or second:
                return mark
        return self.fallback


def field_name(where: Where) -> str:
    """How a path reads: `groups.Desk.tier`; `triage[2].when` is the second rule."""
    text = ""
    for part in where:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(slots=True)
class Problems:
    """Collects findings while a tree is checked.

    `moved` maps the path of a normalised value to the path it was written under (`cover.P3` was
    written `cover.else`), so that later checks still point at the right line. Of errors and of
    warnings at most `limit` are kept; `left_out` counts the warnings beyond it.
    """

    positions: Positions = field(default_factory=Positions)
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    moved: dict[Where, Where] = field(default_factory=dict)
    limit: int = FINDINGS_LIMIT
    left_out: int = 0

    def error(self, where: Where, message: str, remedy: str = "", *, at_key: bool = False) -> None:
        """Note an error at `where`; past the limit only the fact that there are more is kept."""
        self._note(self.errors, self._finding(where, message, remedy, at_key=at_key))

    def warn(
        self,
        where: Where,
        message: str,
        remedy: str = "",
        *,
        code: str = UNWISE,
        at_key: bool = False,
    ) -> None:
        """Note something that is allowed and probably not meant; `code` names it for scripts."""
        found = replace(self._finding(where, message, remedy, at_key=at_key), code=code)
        self.left_out += not self._note(self.warnings, found)

    def elsewhere(self, *, limit: int) -> "Problems":
        """An empty collection for the same files, of which `limit` findings are kept."""
        return Problems(self.positions, moved=self.moved, limit=limit)

    def raise_if_any(self) -> None:
        """Raise what was collected.

        Raises:
            PolicyError: with all errors, in the order of files and lines.
        """
        if self.errors:
            raise PolicyError(*sorted(self.errors, key=_place))

    def _note(self, notes: list[Finding], finding: Finding) -> bool:
        """Keep a finding; False where there is no room for it any more."""
        if finding in notes:
            return True
        if len(notes) >= self.limit:
            return False
        notes.append(finding)
        return True

    def _finding(self, where: Where, message: str, remedy: str, *, at_key: bool) -> Finding:
        written = self._as_written(where)
        mark = self.positions.of(written, at_key=at_key)
        return Finding(*mark, field_name(written), message, remedy)

    def _as_written(self, where: Where) -> Where:
        for length in range(len(where), 0, -1):
            if (source := self.moved.get(where[:length])) is not None:
                return source + where[length:]
        return where


def _place(finding: Finding) -> tuple[str, int, int]:
    return finding.file, finding.line, finding.column


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt `word`: the nearest known one, else all of them when they are few."""
    names = sorted(set(known))
    folded: Mapping[str, str] = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{folded[near[0]]}`?"
    if not names:
        return "none is defined yet"
    return "known: " + ", ".join(names) if len(names) <= _LISTED else ""


_LISTED = 24
