"""Small shapes of which the grammar is made.

Each checks a value, normalises it, and says its JSON Schema, so that what is accepted, what is
complained about and what an editor suggests are one. `check` returns the normalised value, or
`BAD` after noting at least one error.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tierline.policy.durations import UnreadableError, parse_duration
from tierline.policy.errors import Problems, Where, did_you_mean

BAD: Final = object()
"""What `check` returns for a value it refused."""

NAME_LIMIT = 100
TEXT_LIMIT = 1_000
ITEMS_LIMIT = 2_000
"""Entries of one list or one mapping of names."""

JsonSchema = dict[str, Any]


class Shape(Protocol):
    """What a value must look like."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Return the normalised value, or `BAD` after noting why it is refused."""

    def schema(self) -> JsonSchema:
        """The JSON Schema (2020-12) of what may be written."""


def kind_of(value: Any) -> str:
    """What a reader would call the value."""
    if isinstance(value, bool):
        return f"a yes/no value ({str(value).lower()})"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text `{value[:60]}`"
    if value is None:
        return "empty"
    return "a list" if isinstance(value, list) else "a mapping"


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `what` is how errors call it."""

    what: str = "a text"
    limit: int = NAME_LIMIT
    example: str = ""
    pattern: str = ""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept a text that is not empty, not overlong, and matches the pattern."""
        example = f"write it like {self.example}" if self.example else f"write {self.what}"
        if not isinstance(value, str):
            numeric = isinstance(value, bool | int | float)
            shown = str(value).lower() if isinstance(value, bool) else value
            remedy = f'put it in quotes: "{shown}"' if numeric else example
            problems.error(at, f"must be {self.what}, not {kind_of(value)}", remedy)
            return BAD
        text = value.strip()
        if not text or len(text) > self.limit or not text.isprintable():
            bad = "is empty" if not text else f"must be one line of at most {self.limit} characters"
            problems.error(at, bad, example)
            return BAD
        if self.pattern and not re.fullmatch(self.pattern, text):
            problems.error(at, f"`{text[:60]}` is not {self.what}", example)
            return BAD
        return text

    def schema(self) -> JsonSchema:
        """A string."""
        plain: JsonSchema = {"type": "string", "minLength": 1, "maxLength": self.limit}
        return {**plain, "pattern": f"^(?:{self.pattern})$"} if self.pattern else plain


@dataclass(frozen=True, slots=True)
class DurationText:
    """`30m`, `4h`, `2bd`, with or without fixed words around it (`resolve after 10m`)."""

    business_days: bool = True
    before: str = ""
    after: str = ""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept the duration, with or without the words; keep the duration alone."""
        if not isinstance(value, str):
            number = isinstance(value, int) and not isinstance(value, bool)
            remedy = f"write {value}m or {value}h" if number else f"write it like {self._example}"
            said = "has no unit" if number else "is not a duration"
            problems.error(at, f"{kind_of(value)} {said}", remedy)
            return BAD
        bare = value.strip().removeprefix(self.before).removesuffix(self.after).strip()
        try:
            parse_duration(bare, business_days=self.business_days)
        except UnreadableError as error:
            problems.error(at, error.message, error.remedy)
            return BAD
        return bare

    @property
    def _example(self) -> str:
        return " ".join(part for part in (self.before, "30m", self.after) if part)

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        times = r"([0-9]+h)?([0-9]+m)?([0-9]+s)?"
        days = r"|[0-9]+(\.[0-9]+)?bd" if self.business_days else ""
        words = (f"({re.escape(word)} ?)?" if word else "" for word in (self.before,))
        tail = f"( ?{re.escape(self.after)})?" if self.after else ""
        return {
            "type": "string",
            "pattern": f"^{''.join(words)}({times}{days}){tail}$",
            "examples": [self._example],
        }


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `low` to `high`."""

    low: int
    high: int

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept the number."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not self.low <= value <= self.high:
            problems.error(at, f"must be a whole number, not {kind_of(value)}", self._range)
            return BAD
        return value

    @property
    def _range(self) -> str:
        return f"write one from {self.low} to {self.high}"

    def schema(self) -> JsonSchema:
        """An integer in its range."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept true and false, not yes and no."""
        if not isinstance(value, bool):
            problems.error(
                at, f"must be true or false, not {kind_of(value)}", "write true or false"
            )
            return BAD
        return value

    def schema(self) -> JsonSchema:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept one of the words."""
        if not isinstance(value, str) or value not in self.words:
            remedy = did_you_mean(value, self.words) if isinstance(value, str) else ""
            listed = f"write one of {', '.join(self.words)}"
            problems.error(at, f"must not be {kind_of(value)}", remedy or listed)
            return BAD
        return value

    def schema(self) -> JsonSchema:
        """An enumeration."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; with `single`, one value may stand for a list of one."""

    item: Shape
    least: int = 0
    single: bool = False
    limit: int = ITEMS_LIMIT
    distinct: bool = True

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept every item, each once."""
        if self.single and not isinstance(value, list) and value is not None:
            one = self.item.check(value, at, problems)
            return BAD if one is BAD else [one]
        if not isinstance(value, list):
            problems.error(at, f"must be a list, not {kind_of(value)}", "write it like [a, b]")
            return BAD
        if not self.least <= len(value) <= self.limit:
            size = f"from {self.least} to {self.limit} entries"
            problems.error(at, f"has {len(value)} entries", f"list {size}")
            return BAD
        found = [self.item.check(item, (*at, i), problems) for i, item in enumerate(value)]
        if self.distinct:
            self._refuse_twins(found, at, problems)
        return BAD if any(item is BAD for item in found) else found

    @staticmethod
    def _refuse_twins(found: Sequence[Any], at: Where, problems: Problems) -> None:
        for i, item in enumerate(found):
            if item is not BAD and item in found[:i]:
                problems.error((*at, i), f"{kind_of(item)} is listed twice", "keep one of the two")

    def schema(self) -> JsonSchema:
        """An array, or one item."""
        items: JsonSchema = {"type": "array", "items": self.item.schema(), "maxItems": self.limit}
        if self.least:
            items["minItems"] = self.least
        return {"anyOf": [self.item.schema(), items]} if self.single else items


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from names to values of one shape."""

    value: Shape
    key: Shape = Text("a name")

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept every entry."""
        if not isinstance(value, dict):
            remedy = "write it like `name: value`"
            problems.error(at, f"must be a mapping, not {kind_of(value)}", remedy)
            return BAD
        if len(value) > ITEMS_LIMIT:
            problems.error(at, f"has {len(value)} entries", f"list at most {ITEMS_LIMIT}")
            return BAD
        found: dict[str, Any] = {}
        fine = True
        for name, item in value.items():
            here = (*at, name)
            key = self.key.check(name, here, problems)
            checked = self.value.check(item, here, problems)
            fine = fine and key is not BAD and checked is not BAD
            if key is not BAD and checked is not BAD:
                found[key] = checked
        return found if fine else BAD

    def schema(self) -> JsonSchema:
        """An object of any names, or of the names the key shape allows."""
        plain: JsonSchema = {"type": "object", "additionalProperties": self.value.schema()}
        names = self.key.schema()
        return plain if self.key == Text("a name") else {**plain, "propertyNames": names}


@dataclass(frozen=True, slots=True)
class Either:
    """One shape for a text, another for everything else."""

    text: Shape
    other: Shape

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Let the kind of the value choose the shape."""
        return (self.text if isinstance(value, str) else self.other).check(value, at, problems)

    def schema(self) -> JsonSchema:
        """Both."""
        return {"anyOf": [self.text.schema(), self.other.schema()]}


@dataclass(frozen=True, slots=True)
class Checked:
    """A shape with a further look at what it accepted; `look` returns a message and a remedy."""

    shape: Shape
    look: Callable[[Any], tuple[str, str] | None]

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept what the shape accepts and the look lets pass."""
        found = self.shape.check(value, at, problems)
        if found is BAD:
            return BAD
        if (said := self.look(found)) is not None:
            problems.error(at, *said)
            return BAD
        return found

    def schema(self) -> JsonSchema:
        """That of the shape; the look is beyond what a schema can say."""
        return self.shape.schema()
