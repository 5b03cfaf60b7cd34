"""An address and names in text, and what stands for them: whole words, and nothing beside them."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from tierline.domain.erased import ERASED_DOMAIN

NAME_OF_ADDRESS: Final = (
    ("email", "name"),
    ("email", "approver"),
    ("requester_email", "requester_name"),
    ("approver_email", "approver"),
)
"""Keys that stand beside each other: of an address, and of the name of whoever has it."""

OURS: Final = frozenset({"person", "integration", "system", "time", "room", "subscription"})
"""Kinds of actors that are nobody outside; their `name` is a login, or a thing's."""

NO_NAME: Final = frozenset(
    {
        "agreement", "asked_by", "asker", "assistant", "by", "category", "channel", "client",
        "cause", "datacontenttype", "dedup_key", "desk_owner", "grp", "group", "helper", "host",
        "id", "integration", "key", "keys", "kind", "login", "mode", "occasion", "owner", "path",
        "policy", "priority", "problem_key", "recipient", "record", "resolved_by", "restricted",
        "restricted_to", "scopes", "secrets", "service", "site", "source", "specversion", "state",
        "subject", "tier", "topic", "traceparent", "type", "vendor",
    }
)  # fmt: skip
"""Keys and columns that hold names of things, of ours, and words of the product: a person's name in
one is not theirs (a client `Meyer`). Their address is theirs wherever it stands."""

_BEFORE: Final = r"(?:(?<![\w.+-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))"
_NAME_BEFORE: Final = r"(?:(?<![\w-])|(?<=\\[nrt]))"
_UNSURE: Final = re.compile(r"[^A-Za-z0-9.]+")


@dataclass(frozen=True)
class Person:
    """Somebody outside: their address, the names they go by, and at which clients.

    Names are looked for at those clients, and in what belongs to no client.
    """

    address: str
    names: frozenset[str] = field(default_factory=frozenset)
    clients: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def patterns(self) -> list[str]:
        """For ILIKE: all that may hold them, and perhaps some that does not."""
        return [f"%{_UNSURE.sub('%', one)}%" for one in (self.address, *sorted(self.names))]

    def known_at(self, client: str | None) -> bool:
        """Whether a name in what belongs to `client` (None, empty: to nobody) may be theirs."""
        return not client or client in self.clients


@dataclass(frozen=True)
class Replacing:
    """Puts the pseudonym where a person's address and names stand."""

    person: Person
    pseudonym: str

    @cached_property
    def _steps(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        return ((_of_address(self.person.address), f"{self.pseudonym}@{ERASED_DOMAIN}"),)

    @cached_property
    def _name_steps(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        longest = sorted(self.person.names, key=lambda name: (-len(name), name))
        return (*self._steps, *((_of_name(name), self.pseudonym) for name in longest))

    def text(self, value: str, *, names: bool = True) -> str:
        """`value` with the pseudonym in it; `names`: for names too, not only for the address."""
        for pattern, instead in self._name_steps if names else self._steps:
            value = pattern.sub(instead, value)
        return value

    def json(self, document: str, *, names: bool = True) -> str:
        """A JSON document, likewise. Keys, numbers and instants stay as they were written.

        Raises:
            ValueError: it is none.
        """
        try:
            found = read_json(document)
            changed = self.value(found, names=names)
            return document if changed == found else write_json(changed)
        except RecursionError:  # nested a thousand deep; then keys are not told from values
            return self.text(document, names=names)

    def apart(self, spelling: int) -> "Replacing":
        """The same with a number behind the pseudonym, for what must not become equal."""
        return replace(self, pseudonym=f"{self.pseudonym.partition('+')[0]}+{spelling}")

    def value(self, found: Any, *, names: bool = True, key: str = "") -> Any:
        """A value that `read_json` gave, likewise; `key`: under which it stands."""
        if isinstance(found, _Literal):
            return found
        if isinstance(found, str):
            return self.text(found, names=names and key not in NO_NAME)
        if isinstance(found, list):
            return [self.value(one, names=names, key=key) for one in found]
        if isinstance(found, dict):
            kept = self._of_others(found)
            return {
                name: self.value(one, names=names and name not in kept, key=name)
                for name, one in found.items()
            }
        return found

    def _of_others(self, found: Mapping[str, Any]) -> set[str]:
        """Keys of `found` whose names are somebody else's: one of ours, or of another address."""
        kept = {"name"} if found.get("kind") in OURS else set()
        theirs = {"", self.person.address.casefold(), f"{self.pseudonym}@{ERASED_DOMAIN}"}
        for beside, name in NAME_OF_ADDRESS:
            other = found.get(beside)
            if isinstance(other, str) and other.casefold() not in theirs:
                kept.add(name)
        return kept


def _of_address(address: str) -> re.Pattern[str]:
    local, _, domain = address.rpartition("@")
    wanted = f"{re.escape(local)}(?:@|%40){re.escape(domain)}"
    return re.compile(rf"{_BEFORE}{wanted}(?![\w-])(?!\.\w)", re.IGNORECASE)


def _of_name(name: str) -> re.Pattern[str]:
    """A name of one word may be a word of the language (Will, Mark): then as it is written."""
    words = name.split()
    wanted = r"\s+".join(map(re.escape, words))
    flags = re.IGNORECASE if len(words) > 1 else re.RegexFlag(0)
    return re.compile(rf"{_NAME_BEFORE}{wanted}(?!\w)(?!-\w)", flags)


def names_beside(found: Any, address: str) -> set[str]:
    """The names that stand beside `address` in a value that `read_json` gave."""
    if isinstance(found, list):
        return set().union(*(names_beside(one, address) for one in found))
    if not isinstance(found, dict):
        return set()
    names = set().union(*(names_beside(one, address) for one in found.values()))
    for beside, name in NAME_OF_ADDRESS:
        other, named = found.get(beside), found.get(name)
        theirs = isinstance(other, str) and other.casefold() == address.casefold()
        if theirs and isinstance(named, str) and named.strip():
            names.add(" ".join(named.split()))
    return names


class _Literal(str):
    """A number, as it was written."""

    __slots__ = ()


def read_json(document: str) -> Any:
    """The document, with numbers as they were written. Raises ValueError where it is none."""
    keep: Callable[[str], _Literal] = _Literal
    return json.loads(document, parse_int=keep, parse_float=keep, parse_constant=keep)


def write_json(found: Any) -> str:
    """What `read_json` gave, as JSON without blanks."""
    if isinstance(found, _Literal):
        return str(found)
    if isinstance(found, list):
        return f"[{_joined(write_json(one) for one in found)}]"
    if isinstance(found, dict):
        pairs = (f"{write_json(name)}:{write_json(one)}" for name, one in found.items())
        return f"{{{_joined(pairs)}}}"
    if isinstance(found, str) and any("\ud800" <= letter <= "\udfff" for letter in found):
        return json.dumps(found)  # half of a pair cannot be written but escaped
    return json.dumps(found, ensure_ascii=False)


def _joined(parts: Iterable[str]) -> str:
    return ",".join(parts)
