"""Rows as asyncpg gives them: read by column name and by position, iterated by value."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from operator import itemgetter
from typing import Any, ClassVar

Stored = dict[str, Any]
"""A stored row version: never changed once it is visible, replaced by an update."""


class Record(tuple[Any, ...]):
    """One row of an answer."""

    __slots__ = ()
    positions: ClassVar[dict[str, int]] = {}

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, str):
            return tuple.__getitem__(self, self.positions[place])
        return tuple.__getitem__(self, place)

    def __contains__(self, name: object) -> bool:
        return name in self.positions

    def get(self, name: str, default: Any = None) -> Any:
        """The value of that column, or `default` where there is none."""
        place = self.positions.get(name)
        return default if place is None else tuple.__getitem__(self, place)

    def keys(self) -> Iterator[str]:
        """The columns, in order."""
        return iter(self.positions)

    def values(self) -> Iterator[Any]:
        """The values, in order."""
        return iter(self)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Columns with their values, in order."""
        return zip(self.positions, self, strict=True)


@cache
def shape(*names: str) -> type[Record]:
    """The kind of row whose columns are `names`; call it with an iterable of their values."""
    positions = {name: place for place, name in enumerate(names)}
    return type("Row", (Record,), {"__slots__": (), "positions": positions})


@cache
def picker(*names: str) -> Callable[[Stored], Record]:
    """A function that picks the columns `names` out of a stored row."""
    row = shape(*names)
    if len(names) == 1:
        name = names[0]
        return lambda stored: row((stored[name],))
    values = itemgetter(*names)
    return lambda stored: row(values(stored))


def in_doc(row: Stored, name: str) -> str | None:
    """What the row's document has under `name`, as JSON; None where it has nothing."""
    value = json.loads(row["doc"]).get(name)
    return None if value is None else json.dumps(value)
