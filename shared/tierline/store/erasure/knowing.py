"""Who is meant: the names that stand beside an address, and at which clients."""

from collections.abc import Iterable
from enum import Enum
from typing import Final

from tierline.domain import terms
from tierline.store.erasure.catalog import Shape
from tierline.store.erasure.limits import NAME_LETTERS_MAX, NAME_LETTERS_MIN, NAMES_MAX
from tierline.store.erasure.rows import Row, as_document, changed, client_of, holding
from tierline.store.erasure.words import Person, Replacing, names_beside
from tierline.store.tickets import Connection

NAMED_IN: Final = ("contact", "ticket", "event", "alert", "record_change", "archived")
"""Tables whose rows say at which client somebody is."""

NAMING: Final = ("contact", "ticket", "event", "record_change")
"""Tables in which a name that stands beside the address is that of whoever has it."""

COLLEAGUE = "SELECT login, name, active FROM tierline.person WHERE lower(email) = lower($1)"

_OURS: Final = frozenset(
    str(member.value).casefold()
    for kind in vars(terms).values()
    if isinstance(kind, type) and issubclass(kind, Enum)
    for member in kind
)


class ErasureError(Exception):
    """Nobody is erased; `str()` says why, `remedy` what to do."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.remedy = remedy


def usable(name: str) -> bool:
    """Whether a name can be looked for: neither too short nor too long, nor a word of ours."""
    long_enough = NAME_LETTERS_MIN <= len(name) <= NAME_LETTERS_MAX
    return long_enough and any(map(str.isalpha, name)) and name.casefold() not in _OURS


def cleaned(names: Iterable[str]) -> frozenset[str]:
    """Names with single blanks, without those that cannot be looked for."""
    return frozenset(name for one in names if usable(name := " ".join(one.split())))


async def learned(
    connection: Connection, tables: dict[str, Shape], address: str, also: Iterable[str]
) -> Person:
    """The person who has `address`, by what the database says of it.

    Raises:
        ErasureError: it is of a colleague who is active.
    """
    colleagues = await connection.fetch(COLLEAGUE, address)
    for one in colleagues:
        if one["active"]:
            raise ErasureError(
                f"{address} is of {one['login']}, who works here.",
                f"Set `active: false` on the record of {one['login']} first. What they did stays"
                " theirs, under their login; see docs/guides/retention.md.",
            )
    names, clients = set(also), set[str]()
    nobody = Person(address)
    marker = Replacing(nobody, "erased")
    for table in NAMED_IN:
        shape = tables[table]
        async for page in holding(connection, shape, nobody.patterns):
            for row in page:
                if changed(shape, row, marker):
                    clients.add(client_of(shape, row) or "")
                    names |= _names(table, row, address)
    names -= {one["name"] for one in colleagues}
    return known(address, names, clients)


def known(address: str, names: Iterable[str], clients: Iterable[str]) -> Person:
    """A person by what was found. Raises ErasureError where it is of too many."""
    found = cleaned(name for name in names if name.casefold() != address.casefold())
    if len(found) > NAMES_MAX:
        raise ErasureError(
            f"{address} goes by {len(found)} names, and {NAMES_MAX} is the most.",
            "It is no person's own address: erase its people by theirs.",
        )
    return Person(address, found, frozenset(clients) - {""})


def _names(table: str, row: Row, address: str) -> set[str]:
    if table not in NAMING or row.values.get("kind", "contacts") != "contacts":
        return set()
    return names_beside(as_document(row), address)
