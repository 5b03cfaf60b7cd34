"""Whether a record holds together: its fields with each other, its names with what there is."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from tierline.policy.calendars import Calendars
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.kinds.contract import Document, Kind, Link


class Names(Protocol):
    """What there is, by name."""

    def known(self, to: str, client: str) -> Collection[str]:
        """The names of a kind (or of `agreements`, `groups`); of `client`, where it is not ""."""

    @property
    def hours(self) -> Mapping[str, Any]:
        """The policy's hours by name, as in its document."""


class Mention(NamedTuple):
    """A name that a record mentions: by which link, where, what, and of which client."""

    link: Link
    at: Where
    name: str
    client: str


def mentions(kind: Kind, document: Document) -> Iterator[Mention]:
    """Every name of something else that a document holds."""
    for link in kind.links:
        client = str(document.get(link.client, "")) if link.client else ""
        for at, name in _reached(document, link.path, ()):
            yield Mention(link, at, name, client)


def _reached(value: Any, path: tuple[str, ...], at: Where) -> Iterator[tuple[Where, str]]:
    if not path:
        yield at, str(value)
        return
    step, rest = path[0], path[1:]
    if step == "*":
        for i, item in enumerate(value):
            yield from _reached(item, rest, (*at, i))
    elif step in value:
        yield from _reached(value[step], rest, (*at, step))


def check_record(
    kind: Kind, document: Document, at: Where, names: Names, problems: Problems
) -> None:
    """Note what is wrong with a document that the grammar accepted.

    Args:
        kind: its kind.
        document: the record, its key included.
        at: where it stands in a file; () where there is none.
        names: what its names may lead to.
        problems: where findings are collected.
    """
    for where, message, remedy in kind.look(document):
        problems.error((*at, *where), message, remedy, at_key=not where)
    for it in mentions(kind, document):
        known = names.known(it.link.to, it.client)
        if it.name not in known and not (it.link.lax and not known):
            message = f"no {_one(it.link.to)}{_of(it.client)} is called `{it.name}`"
            problems.error((*at, *it.at), message, did_you_mean(it.name, known))
    for field in kind.hours:
        if field in document:
            _check_hours(document[field], (*at, field), names.hours, problems)


def _one(to: str) -> str:
    return {"people": "person"}.get(to, to.removesuffix("s"))


def _of(client: str) -> str:
    return f" of {client}" if client else ""


def _check_hours(hours: Any, at: Where, named: Mapping[str, Any], problems: Problems) -> None:
    """Named hours exist; hours written out make a calendar, and depend on no list of holidays."""
    regions = [i for i, day in enumerate(_holidays(hours)) if not day[:1].isdigit()]
    for i in regions:
        remedy = "write dates, or name hours of the policy, whose regions are looked up"
        problems.error((*at, "holidays", i), "regions are for the policy's hours", remedy)
    if not regions:
        Calendars({"hours": named}, problems).of(hours, at)


def _holidays(hours: Any) -> list[str]:
    return list(hours.get("holidays", ())) if isinstance(hours, dict) else []
