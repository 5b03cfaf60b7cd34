"""Hypothesis strategies for the domain's values, from their type hints alone."""

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

EARLIEST = datetime(1970, 1, 1)  # noqa: DTZ001 - Hypothesis adds the zone itself
LATEST = datetime(2200, 1, 1)  # noqa: DTZ001
MOST = 2

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    bool: st.booleans(),
    int: st.integers(0, 2**53),
    float: st.floats(0, 1e9, allow_nan=False),
    type(None): st.none(),
    datetime: st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
    Any: st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
}


def built(hint: Any, **given: Any) -> st.SearchStrategy[Any]:
    """Any value of a type hint; `given` fixes fields of a dataclass."""
    if not given:
        return _built(hint)
    return st.builds(hint, **_fields(hint) | {name: st.just(it) for name, it in given.items()})


@cache
def _built(hint: Any) -> st.SearchStrategy[Any]:
    """One strategy a hint: a new one for each example takes longer than to draw from it."""
    if hint in PLAIN:
        return PLAIN[hint]
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of([_built(part) for part in parts])
    if origin is tuple and parts[-1] is Ellipsis:
        return st.lists(_built(parts[0]), max_size=MOST).map(tuple)
    if origin is tuple:
        return st.tuples(*[_built(part) for part in parts])
    if origin is Mapping:
        return st.dictionaries(_built(parts[0]), _built(parts[1]), max_size=MOST)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    if dataclasses.is_dataclass(hint):
        return st.builds(hint, **_fields(hint))
    if hint is msgspec.UnsetType:
        return st.just(msgspec.UNSET)
    raise TypeError(f"no strategy for {hint!r}")


def _fields(hint: Any) -> dict[str, st.SearchStrategy[Any]]:
    hints = typing.get_type_hints(hint)
    return {field.name: _built(hints[field.name]) for field in dataclasses.fields(hint)}
