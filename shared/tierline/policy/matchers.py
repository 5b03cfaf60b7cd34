"""What `when:` means: short matchers on named facts, or one CEL expression.

Facts are a mapping made by triage: the names in `SCALARS`, plus `labels` and `device`, which are
mappings themselves. A field that an alert does not have is no match, whatever is asked of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tierline.policy.counting import COUNT, WindowError, window
from tierline.policy.errors import did_you_mean
from tierline.policy.expressions import Expression

SCALARS = (
    "source",
    "integration",
    "client",
    "site",
    "host",
    "service",
    "severity",
    "title",
    "category",
    "priority",
    "type",
    "vip",
)
DEVICE_FACTS = ("type", "criticality")
NESTED = ("labels", "device")
FACTS = (*SCALARS, *NESTED)

Facts = Mapping[str, Any]
Wanted = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a rule matched; `note` says why it could not be judged, when it could not."""

    matched: bool
    note: str = ""


class Matcher(Protocol):
    """A pure predicate over facts that can also say why."""

    def __call__(self, facts: Facts) -> bool:
        """Whether the facts match."""

    def explain(self, facts: Facts) -> Verdict:
        """Whether the facts match, and why they could not be judged."""


@dataclass(frozen=True, slots=True)
class Always:
    """A rule without `when`."""

    def __call__(self, facts: Facts) -> bool:  # noqa: ARG002
        """True."""
        return True

    def explain(self, facts: Facts) -> Verdict:
        """True."""
        return Verdict(self(facts))


@dataclass(frozen=True, slots=True)
class FieldTest:
    """One fact and the values of which any will do. A text may hold `*` for any characters."""

    fact: tuple[str, ...]
    any_of: tuple[Wanted, ...]
    plain: frozenset[str] = field(init=False)
    """The values that a text may be, letter for letter: facts are mostly texts, values plain."""

    def __post_init__(self) -> None:
        texts = (_text(wanted) for wanted in self.any_of if not isinstance(wanted, bool))
        object.__setattr__(self, "plain", frozenset(text for text in texts if "*" not in text))

    def __call__(self, facts: Facts) -> bool:
        """Whether the fact, or one of them if it is a list, is one of the values."""
        found: Any = facts
        for key in self.fact:
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is None:
            return False
        if isinstance(found, str) and found in self.plain:
            return True
        if isinstance(found, str) and len(self.plain) == len(self.any_of):
            return False
        values = found if isinstance(found, list | tuple | set | frozenset) else (found,)
        return any(_equal(value, wanted) for value in values for wanted in self.any_of)


@dataclass(frozen=True, slots=True)
class CountTest:
    """At least so many alerts like this one within a window."""

    window: str
    least: int

    @property
    def fact(self) -> tuple[str, ...]:
        """Where the number stands among the facts."""
        return (COUNT, self.window)

    def __call__(self, facts: Facts) -> bool:
        """Whether there are so many."""
        return counted(facts, self.window) >= self.least


@dataclass(frozen=True, slots=True)
class AllFields:
    """Short matchers: every one must hold."""

    tests: tuple[FieldTest | CountTest, ...]

    def __call__(self, facts: Facts) -> bool:
        """Whether all tests hold."""
        return all(test(facts) for test in self.tests)

    def explain(self, facts: Facts) -> Verdict:
        """Whether all tests hold; names the first that does not."""
        failed = next((test for test in self.tests if not test(facts)), None)
        return Verdict(failed is None, f"{'.'.join(failed.fact)} differs" if failed else "")


@dataclass(frozen=True, slots=True)
class ByExpression:
    """A CEL expression; true matches, everything else does not."""

    expression: Expression
    known: tuple[str, ...] = FACTS

    def __call__(self, facts: Facts) -> bool:
        """Whether the expression is true."""
        return self.explain(facts).matched

    def explain(self, facts: Facts) -> Verdict:
        """Whether the expression is true; a field that is not there and a type error are noted."""
        known = {name: facts[name] for name in self.known if name in facts}
        for name in NESTED:
            known.setdefault(name, {})
        windows = self.expression.windows
        known[COUNT] = {window: counted(facts, window) for window in windows}
        result, note = self.expression.evaluate(known)
        return Verdict(result is True, note)


def counted(facts: Facts, window: str) -> int:
    """How many alerts like this one the facts state for a window; 0 where they state none."""
    found: int = facts.get(COUNT, {}).get(window, 0)
    return found


def _equal(value: Any, wanted: Wanted) -> bool:
    if value is None:
        return False
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted or _text(value) == wanted
    if isinstance(wanted, int | float) and isinstance(value, int | float):
        return value == wanted
    return glob(_text(wanted), _text(value))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def glob(pattern: str, text: str) -> bool:
    """Whether `text` is `pattern`, in which `*` stands for any characters; linear in both."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, last = rest
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - len(last) >= at and text.endswith(last)


def fact_path(name: str) -> tuple[str, ...] | None:
    """The path of a fact as written: `severity`, `device.type`, `labels.some key`, `count.7d`.

    None: no fact.

    Everything after `labels.` is one label's name, whatever characters it holds.
    """
    head, dot, tail = name.partition(".")
    if not dot:
        return (name,) if name in SCALARS else None
    if head == "labels" and tail:
        return (head, tail)
    if head == COUNT:
        return (head, tail) if _is_window(tail) else None
    return (head, tail) if head == "device" and tail in DEVICE_FACTS else None


def _is_window(text: str) -> bool:
    try:
        window(text)
    except WindowError:
        return False
    return True


def fact_hint(name: str) -> str:
    """A remedy for a name that is no fact."""
    if name.partition(".")[0] == COUNT:
        return "name a window of up to 31 days: count.7d, count.24h or count.30m"
    if name == "labels":
        return "name one label: labels.kind"
    return did_you_mean(name, (*SCALARS, *(f"device.{key}" for key in DEVICE_FACTS), "labels.NAME"))


def windows_of(matches: "Predicate") -> frozenset[str]:
    """The windows over which a rule's predicate counts."""
    if isinstance(matches, ByExpression):
        return matches.expression.windows
    if isinstance(matches, AllFields):
        return frozenset(test.window for test in matches.tests if isinstance(test, CountTest))
    return frozenset()


Predicate = Callable[[Facts], bool]


def explain(matches: Predicate, facts: Facts) -> Verdict:
    """Why a rule's predicate (`Rule.matches`) matches or not, for any predicate."""
    if isinstance(matches, Always | AllFields | ByExpression):
        return matches.explain(facts)
    return Verdict(matches(facts))
