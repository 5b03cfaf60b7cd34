"""What a triage rule asks of facts, read back from how it is written.

A rule's facts, and the `==` and `in` of an expression that are joined by `&&`, ask for values. What
else an expression says only narrows it further: `whole` tells whether there is anything else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from tierline.policy.counting import is_count
from tierline.policy.matchers import fact_path, glob

_STRING = r"""(?:"[^"\\]*"|'[^'\\]*')"""
_VALUE = rf"(?:{_STRING}|-?[0-9]+|true|false)"
_FACT = rf"([A-Za-z_]\w*(?:\.\w+|\[{_STRING}\])*)"
_EQUALS = re.compile(rf"{_FACT}\s*==\s*({_VALUE})")
_EQUALS_TURNED = re.compile(rf"({_VALUE})\s*==\s*{_FACT}")
_IS_IN = re.compile(rf"{_FACT}\s+in\s+\[((?:\s*{_VALUE}\s*,?)+)\]")
_LABEL = re.compile(rf"labels\[({_STRING})\]")
_ANY_STRING = re.compile(_STRING)
_ANY_VALUE = re.compile(_VALUE)


class Value(NamedTuple):
    """A value a fact may have; in a `pattern` each `*` stands for any characters."""

    text: str
    pattern: bool = False

    def covers(self, other: "Value") -> bool:
        """Whether whatever `other` lets pass, this lets pass too."""
        if self.pattern:
            # Stars of `other` are only taken by stars of this one, and so is what they stand for.
            return glob(self.text, other.text)
        return not other.pattern and self.text == other.text

    def allows(self, text: str) -> bool:
        """Whether a fact that is `text` matches."""
        return glob(self.text, text) if self.pattern else self.text == text


class Demand(NamedTuple):
    """One fact, and the values of which any will do."""

    fact: str
    any_of: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Demands:
    """Everything that must hold at once. `whole`: the rule asks for nothing beside it."""

    all_of: tuple[Demand, ...]
    whole: bool

    def cover(self, other: "Demands") -> bool:
        """Whether a rule that asks for this matches wherever one that asks for `other` does."""
        if not self.whole:
            return False
        return all(any(_within(mine, it) for it in other.all_of) for mine in self.all_of)


def _within(wide: Demand, narrow: Demand) -> bool:
    return wide.fact == narrow.fact and all(
        any(mine.covers(value) for mine in wide.any_of) for value in narrow.any_of
    )


def demands_of(when: str | Mapping[str, list[Any]] | None) -> Demands:
    """What a rule's checked `when` asks for."""
    if when is None:
        return Demands((), whole=True)
    if isinstance(when, str):
        return _of_expression(when)
    named = {fact: any_of for fact, any_of in when.items() if not is_count(fact)}
    listed = (Demand(fact, tuple(map(_written, any_of))) for fact, any_of in named.items())
    return Demands(tuple(listed), whole=len(named) == len(when))


def _written(value: Any) -> Value:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Value(text, pattern="*" in text)


def _of_expression(source: str) -> Demands:
    terms = list(_conjunction(source))
    found = [_demand(term) for term in terms]
    known = tuple(it for it in found if it is not None)
    return Demands(known, whole=len(known) == len(terms))


def _conjunction(source: str) -> Iterator[str]:
    """The terms joined by `&&` at the top; the whole where anything else joins them."""
    bare = _ANY_STRING.sub(lambda found: "_" * len(found[0]), source)
    depth, begin, cuts = 0, 0, list[tuple[int, int]]()
    for at, mark in enumerate(bare):
        depth += (mark in "([{") - (mark in ")]}")
        if depth == 0 and (mark == "?" or bare.startswith("||", at)):
            yield source
            return
        if depth == 0 and bare.startswith("&&", at):
            cuts.append((begin, at))
            begin = at + 2
    yield from (source[first:last].strip() for first, last in [*cuts, (begin, len(source))])


def _demand(term: str) -> Demand | None:
    """What one term asks for; None where it is not a plain comparison with values."""
    if found := _EQUALS.fullmatch(term):
        fact, values = found[1], [found[2]]
    elif found := _EQUALS_TURNED.fullmatch(term):
        fact, values = found[2], [found[1]]
    elif found := _IS_IN.fullmatch(term):
        fact, values = found[1], _ANY_VALUE.findall(found[2])
    else:
        return None
    name = _LABEL.sub(lambda label: f"labels.{label[1][1:-1]}", fact)
    if fact_path(name) is None:
        return None
    return Demand(name, tuple(Value(value.strip("\"'")) for value in values))
