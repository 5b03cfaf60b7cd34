"""Which function answers which statement."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeAlias

Reply: TypeAlias = "list[Any] | str"
"""Rows, or the status of a statement that has none (`UPDATE 3`)."""

Answer: TypeAlias = "Callable[..., Coroutine[Any, Any, Reply]]"
"""Takes the transaction, then the statement's parameters in order."""


class UnknownStatementError(BaseException):
    """Nobody answers this statement. No Exception: no handler may take it for bad data."""

    def __init__(self, sql: str) -> None:
        super().__init__(
            f"the fake PostgreSQL has no answer for: {' '.join(sql.split())!r}. Make it a named"
            " constant of its module; answer it in tierline.testing.postgres.statements, or where"
            " a service's statements are answered in the simulation's tests"
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement: where its constant stands, its name, and what answers it."""

    module: str
    name: str
    answer: Answer

    @property
    def label(self) -> str:
        """The point before its effect."""
        return f"pg {self.name}"

    @property
    def done(self) -> str:
        """The point after its effect."""
        return f"pg {self.name} done"


class Registry:
    """Statements by their text."""

    def __init__(self, entries: Mapping[str, Entry] | None = None) -> None:
        self.entries = dict(entries or {})

    def answers(self, module: ModuleType, name: str) -> Callable[[Answer], Answer]:
        """Register the decorated function as the answer to the constant `name` of `module`.

        Raises ValueError where another constant has the same text.
        """
        sql: str = getattr(module, name)

        def register(answer: Answer) -> Answer:
            if not asyncio.iscoroutinefunction(answer):
                raise TypeError(f"{name}: an answer is a coroutine function")
            if sql in self.entries:
                raise ValueError(f"{module.__name__}.{name} is answered already")
            self.entries[sql] = Entry(module.__name__, name, answer)
            return answer

        return register

    def entry(self, sql: str) -> Entry:
        """The statement of that text. Raises UnknownStatementError."""
        entry = self.entries.get(sql)
        if entry is None:
            raise UnknownStatementError(sql)
        return entry

    def joined(self, *others: "Registry") -> "Registry":
        """A registry that holds this one's statements and those of `others`."""
        entries = dict(self.entries)
        for other in others:
            for sql, entry in other.entries.items():
                if entries.setdefault(sql, entry) is not entry:
                    raise ValueError(f"{entry.module}.{entry.name} is answered twice")
        return Registry(entries)

    def replaced(self, name: str, answer: Answer) -> "Registry":
        """A registry in which the constant `name` has another answer: how faults are planted."""
        found = [sql for sql, entry in self.entries.items() if entry.name == name]
        if len(found) != 1:
            raise ValueError(f"{len(found)} statements are called {name}")
        entry = self.entries[found[0]]
        return Registry({**self.entries, found[0]: Entry(entry.module, name, answer)})
