"""Frozen values that are made often, and copies of them with a few fields changed.

Deciding, advancing and folding are mostly such making and copying, and what `dataclasses` offers
for it walks every field in Python. So tickets, clocks and events are dataclasses without slots:
their fields lie in one dictionary, which `quick` fills in less than half the time and `amended`
copies whole in a fifth of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import cache, wraps
from operator import attrgetter
from typing import Any, TypeVar

_Value = TypeVar("_Value")
_new, _set = object.__new__, object.__setattr__
_Kind = TypeVar("_Kind", bound=type[Any])


def quick(kind: _Kind) -> _Kind:
    """The frozen dataclass `kind` with a constructor that writes into its instance's dictionary.

    The constructor of `dataclasses` sets each field of a frozen class by `object.__setattr__`. This
    one takes the same parameters and leaves the same value, as frozen as before. For classes
    without slots and without `__post_init__`.
    """
    known: dict[str, Any] = {"_set": object.__setattr__, "_MISSING": MISSING}
    parameters, held = ["self"], []
    for each in fields(kind):
        name, default, value = each.name, f"_{each.name}", each.name
        if each.default_factory is not MISSING:
            known[default] = each.default_factory
            value = f"{default}() if {name} is _MISSING else {name}"
            default = "_MISSING"
        elif each.default is not MISSING:
            known[default] = each.default
        else:
            default = ""
        parameters.append(f"{name}={default}" if default else name)
        held.append(f"{name!r}: {value}")
    head, body = ", ".join(parameters), ", ".join(held)
    source = f"def __init__({head}):\n    _set(self, '__dict__', {{{body}}})"
    exec(source, known)  # noqa: S102 - names of fields alone, as `dataclasses` itself does it
    kind.__init__ = wraps(kind.__init__)(known["__init__"])
    return kind


def amended(value: _Value, **new: Any) -> _Value:
    """A copy of the dataclass instance `value` with the fields named in `new` changed.

    Every field must be an `__init__` parameter, there must be at least two, and a class without
    slots must have no `__post_init__`, which is not called. Raises KeyError for a name that is no
    field.
    """
    return changed_by(value, new)


def changed_by(value: _Value, new: Mapping[str, Any]) -> _Value:
    """Like `amended`, of fields and their values that are in a mapping already."""
    kind: Any = type(value)
    held: dict[str, Any] | None = getattr(value, "__dict__", None)
    if held is None:
        return _rebuilt(kind, value, new)
    copied = {**held, **new}
    if len(copied) != len(held):
        raise KeyError(*(new.keys() - held.keys()))
    made: _Value = _new(kind)
    _set(made, "__dict__", copied)
    return made


def _rebuilt(kind: Any, value: _Value, new: Mapping[str, Any]) -> _Value:
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
