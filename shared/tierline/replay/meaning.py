"""What a help desk's words mean here: statuses, patterns of values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from tierline.domain.terms import HoldReason

_Meant = TypeVar("_Meant")


class Kind(StrEnum):
    """What a status of the log means for the ticket.

    `done`: resolved and confirmed at once, as on the phone. `cancelled`: closed without having
    been resolved. `same`: says nothing of the state; the row is kept as a note.
    """

    QUEUED = "queued"
    WORKING = "working"
    HOLD = "hold"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DONE = "done"
    CANCELLED = "cancelled"
    SAME = "same"


class Order(StrEnum):
    """How the rows of a case stand in the file."""

    OLDEST_FIRST = "oldest first"
    NEWEST_FIRST = "newest first"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A status of the log: its kind; of a hold also the reason, and who is waited for."""

    kind: Kind
    reason: HoldReason | None = None
    of: str = ""


SAME = Meaning(Kind.SAME)


class Lookup(Generic[_Meant]):
    """Values of a column and what they mean; `*` stands for any characters.

    A value written out wins over a pattern, an earlier pattern over a later one, and `else` holds
    for the rest. Capitals do not matter.
    """

    def __init__(self, meanings: Iterable[tuple[str, _Meant]]) -> None:
        self._exact: dict[str, _Meant] = {}
        self._patterns: list[tuple[re.Pattern[str], _Meant]] = []
        self._rest: _Meant | None = None
        for written, meant in meanings:
            key = written.casefold()
            if key == "else":
                self._rest = meant
            elif "*" in key:
                parts = (re.escape(part) for part in key.split("*"))
                self._patterns.append((re.compile(".*".join(parts), re.DOTALL), meant))
            else:
                self._exact.setdefault(key, meant)

    def __bool__(self) -> bool:
        """Whether it knows anything at all."""
        return bool(self._exact or self._patterns) or self._rest is not None

    def of(self, value: str) -> _Meant | None:
        """What `value` means; None where nothing here says so. What was found is remembered."""
        key = value.casefold()
        if key in self._exact:
            return self._exact[key]
        found = next((meant for form, meant in self._patterns if form.fullmatch(key)), self._rest)
        if found is not None and len(self._exact) < REMEMBERED_MAX:
            self._exact[key] = found
        return found


REMEMBERED_MAX = 10_000
"""Values a lookup remembers beside those written out."""
