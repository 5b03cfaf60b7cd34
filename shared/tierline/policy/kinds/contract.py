"""What every kind of record is held to: its grammar, its table, and the names that must lead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tierline.policy.errors import Where
from tierline.policy.fields import Field, Fields
from tierline.policy.shapes import JsonSchema
from tierline.store.records import Key, Table

Document: TypeAlias = dict[str, Any]
"""A record as it is written: what the grammar accepted, without what has its default."""

Complaint: TypeAlias = tuple[Where, str, str]
"""The field that is wrong, what is wrong with it, and the remedy."""

POLICY_NAMES = ("agreements", "groups")
"""What links may lead to beside kinds of records: names that the policy gives."""


@dataclass(frozen=True, slots=True)
class Link:
    """A field that names something.

    Attributes:
        path: to the names inside the record; `*` stands for each item of a list.
        to: a kind of record by its name, or one of POLICY_NAMES.
        client: the field that says whose the named record is; empty: it is nobody's alone.
        lax: any name will do for a client of which no such record is known.
    """

    path: tuple[str, ...]
    to: str
    client: str = ""
    lax: bool = False


_BLANK: list[Any] = ["", []]
"""What a field without a column must not hold."""


def _same(document: Document) -> Document:
    return document


def _nothing(_: Document) -> tuple[Complaint, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record. A file a kind; whatever works with records works with this.

    Attributes:
        name: of many, as in addresses and in records.yaml.
        one: of one, as in sentences.
        about: what it is, in a line.
        key: the fields by which a record is found, in the order of its address.
        label: the field by which other records and the policy name it.
        mapped: whether records.yaml writes it as `label: {...}`, not as a list.
        wall: the field that names the clients a record belongs to; empty: it is ours alone.
        through: the field that names the person behind whose wall it stands, instead.
        grammar: every field, the key included.
        table: where it is stored.
        searched: the columns that a search looks into.
        links: what it names.
        alone: fields that no two records may have alike, capital letters aside.
        hours: fields that hold a name of hours or hours written out.
        look: what is wrong with a document beyond its single fields.
        pack: from a document to what is stored.
        unpack: the way back.
    """

    name: str
    one: str
    about: str
    key: tuple[str, ...]
    label: str = "name"
    mapped: bool = False
    wall: str = ""
    through: str = ""
    grammar: Fields
    table: Table
    searched: tuple[str, ...]
    links: tuple[Link, ...] = ()
    alone: tuple[tuple[str, ...], ...] = ()
    hours: tuple[str, ...] = ()
    look: Callable[[Document], tuple[Complaint, ...]] = _nothing
    pack: Callable[[Document], Document] = _same
    unpack: Callable[[Document], Document] = _same

    @property
    def written(self) -> Fields:
        """The grammar of an entry of records.yaml."""
        if not self.mapped:
            return self.grammar
        rest = {name: it for name, it in self.grammar.fields.items() if name != self.label}
        return Fields(self.grammar.what, rest)

    def settled(self, document: Mapping[str, Any]) -> Document:
        """A checked document as it comes back from storage: without what has its default."""
        return self.unpack(self.stored(document))

    def stored(self, document: Mapping[str, Any]) -> Document:
        """What is stored of a checked document."""
        packed = self.pack(dict(document))
        empty = {column.of: [column.empty] for column in self.table.columns}
        return {name: it for name, it in packed.items() if it not in empty.get(name, _BLANK)}

    def key_of(self, document: Mapping[str, Any]) -> Key:
        """The key of a document."""
        return tuple(str(document[name]) for name in self.key)

    def name_of(self, document: Mapping[str, Any]) -> str:
        """How people call the record, without its client."""
        return "/".join(str(document[name]) for name in self.key if name != "client")

    def client_of(self, document: Mapping[str, Any]) -> str:
        """The one client the record belongs to; empty where there is none or are several."""
        owners = self.clients_of(document)
        return owners[0] if len(owners) == 1 else ""

    def clients_of(self, document: Mapping[str, Any]) -> list[str]:
        """The clients the record belongs to."""
        if not self.wall:
            return []
        found = document.get(self.wall) or document.get("client") or []
        return [found] if isinstance(found, str) else list(found)

    def described(self) -> list[dict[str, Any]]:
        """The fields, for pages and programs: name, what it is for, its schema, whether needed."""
        return [_described(name, it, self) for name, it in self.grammar.fields.items()]


def _described(name: str, it: Field, kind: Kind) -> dict[str, Any]:
    schema: JsonSchema = it.shape.schema()
    leads = next((link for link in kind.links if link.path in {(name,), (name, "*")}), None)
    return {
        "name": name,
        "about": it.about,
        "required": it.required,
        "key": name in kind.key,
        "shape": schema,
        "names": leads.to if leads else "",
    }
