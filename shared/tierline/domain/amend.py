"""Copies of large frozen values with a few fields changed.

`dataclasses.replace` walks every field in Python. Deciding, advancing and folding are mostly such
copies, so tickets, clocks and events are dataclasses without slots: their fields lie in one
dictionary that is copied whole, a fifth of the time. Of a class with slots the fields are read in
one call and given to its constructor.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

_Value = TypeVar("_Value")


def amended(value: _Value, **new: Any) -> _Value:
    """A copy of the dataclass instance `value` with the fields named in `new` changed.

    Every field must be an `__init__` parameter, there must be at least two, and a class without
    slots must have no `__post_init__`, which is not called. Raises KeyError for a name that is no
    field.
    """
    kind: Any = type(value)
    held: dict[str, Any] | None = getattr(value, "__dict__", None)
    if held is None:
        return _rebuilt(kind, value, new)
    made: _Value = object.__new__(kind)
    copied = made.__dict__
    copied.update(held)
    copied.update(new)
    if len(copied) != len(held):
        raise KeyError(*(new.keys() - held.keys()))
    return made


def _rebuilt(kind: Any, value: _Value, new: dict[str, Any]) -> _Value:
    read, places = _shape(kind)
    values = list(read(value))
    for name, changed in new.items():
        values[places[name]] = changed
    made: _Value = kind(*values)
    return made


@cache
def _shape(kind: type[Any]) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, int]]:
    """How to read all fields of a `kind` at once, and where each stands among them."""
    names = [field.name for field in fields(kind)]
    return attrgetter(*names), {name: place for place, name in enumerate(names)}
