"""Records, their kinds, their changes, and what an import makes of a file."""

from datetime import datetime
from typing import Any, Literal

from router.responses.base import Shown


class RecordField(Shown):
    """A field of a kind; `shape` is its JSON Schema, `names` the kind of record that it names."""

    name: str
    about: str
    required: bool
    key: bool
    shape: dict[str, Any]
    names: str


class RecordKind(Shown):
    """A kind of record; `key` are the fields of an address, in order."""

    name: str
    one: str
    about: str
    key: list[str]
    fields: list[RecordField]


class RecordKinds(Shown):
    """Every kind there is."""

    items: list[RecordKind]


class Record(Shown):
    """A record. `fields` is what PUT takes; what is left out has its default."""

    kind: str
    name: str
    client: str
    address: str
    version: int
    changed_at: datetime
    fields: dict[str, Any]


class RecordPage(Shown):
    """A page of records."""

    items: list[Record]
    next_cursor: str | None


class RemovedRecord(Shown):
    """What was removed."""

    removed: Record


class FieldChange(Shown):
    """A field before and after."""

    before: Any
    after: Any


class RecordChange(Shown):
    """Who changed what; `fields` holds what differs. `at` is policy time, `real_at` real time."""

    id: int
    kind: str
    name: str
    client: str
    at: datetime
    real_at: datetime
    by: str
    how: Literal["api", "csv", "folder", "page"]
    batch: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    fields: dict[str, FieldChange]


class RecordChangePage(Shown):
    """A page of changes."""

    items: list[RecordChange]
    next_cursor: str | None


class ImportRow(Shown):
    """A row that makes or changes a record."""

    line: int
    name: str
    client: str
    fields: dict[str, FieldChange]


class RefusedRow(Shown):
    """A fault, with the line it stands in and the remedy."""

    line: int
    field: str
    problem: str


class Imported(Shown):
    """What a file made, or would make; `batch` is the import's id, empty for a preview."""

    preview: bool
    batch: str
    made: list[ImportRow]
    changed: list[ImportRow]
    left: int
    refused: list[RefusedRow]
