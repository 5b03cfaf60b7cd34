"""A table of records: what it would make of what is there, and making it so, all or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from router.context import Context
from router.limits import IMPORT_FAULTS_MAX
from router.records.csv_text import Fault, NotATableError, Row, read_table
from router.records.judging import alike, checked, fault_of, linked
from router.records.names import names_for
from router.records.reading import differences
from router.records.usage import check_renamed
from router.records.walls import check_not_oneself, check_rank, records_wall
from tierline.policy.errors import Finding
from tierline.policy.kinds import Document, Kind
from tierline.store.records import (
    Cause,
    Key,
    RecordChange,
    Stored,
    lock_records,
    read_by_key,
    write_changes,
)
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import walled_to


@dataclass(slots=True)
class Entry:
    """A line that stands for a record: as it is, and as it would be."""

    line: int
    key: Key
    stored: Stored | None
    before: Document | None
    after: Document

    @property
    def changes(self) -> bool:
        """Whether it makes or changes anything."""
        return self.before != self.after


@dataclass(slots=True)
class Plan:
    """What a table makes of the records."""

    kind: Kind
    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, line: int, findings: Sequence[Finding]) -> None:
        """Note what is wrong with a line."""
        for it in findings:
            fault = fault_of(it)
            self.faults.append(Fault(line, fault["field"], fault["problem"]))

    def shown(self, *, preview: bool, batch: str) -> dict[str, Any]:
        """The answer to whoever sent it."""
        made = [it for it in self.entries if it.before is None]
        changed = [it for it in self.entries if it.before is not None and it.changes]
        return {
            "preview": preview,
            "batch": batch,
            "made": [self._row(it) for it in made],
            "changed": [self._row(it) for it in changed],
            "left": len(self.entries) - len(made) - len(changed),
            "refused": self.refused(),
        }

    def refused(self) -> list[dict[str, Any]]:
        """The faults, in the order of their lines."""
        faults = sorted(self.faults, key=lambda it: it.line)[:IMPORT_FAULTS_MAX]
        return [{"line": it.line, "field": it.field, "problem": it.problem} for it in faults]

    def _row(self, it: Entry) -> dict[str, Any]:
        named = {"name": self.kind.name_of(it.after), "client": self.kind.client_of(it.after)}
        return {"line": it.line, **named, "fields": differences(it.before, it.after)}


async def import_table(
    context: Context,
    connection: Connection,
    kind: Kind,
    principal: Principal,
    body: bytes,
    cause: Cause,
) -> Plan:
    """Write what a table says, as far as its lines can be accepted.

    Args:
        context: its policy is used.
        connection: inside a transaction, which the caller rolls back where faults are found.
        kind: of the records.
        principal: who imports.
        body: the table.
        cause: for the audit.

    Returns:
        What each line does, and what is wrong.
    """
    plan = Plan(kind)
    try:
        rows, plan.faults = read_table(kind, body)
    except NotATableError as error:
        plan.faults = [error.fault]
        return plan
    await lock_records(connection)
    await _take(connection, plan, principal, rows)
    await _judge(context, connection, plan, principal)
    changes = [_change(kind, it) for it in plan.entries if it.changes]
    await write_changes(connection, kind.name, kind.table, changes, cause)
    await _refuse_hidden(connection, plan, principal)
    return plan


async def _take(
    connection: Connection, plan: Plan, principal: Principal, rows: Sequence[Row]
) -> None:
    """Each line with the record that is there, as it would be after it."""
    kind = plan.kind
    keyed: dict[Key, Row] = {}
    for row in rows:
        empty = [name for name in kind.key if not isinstance(row.values.get(name), str)]
        if empty:
            plan.faults.append(Fault(row.line, empty[0], f"is empty; a {kind.one} is found by it"))
            continue
        key = kind.key_of(row.values)
        if key in keyed:
            twice = f"stands in line {keyed[key].line} already; keep one of the two"
            plan.faults.append(Fault(row.line, kind.key[-1], twice))
        else:
            keyed[key] = row
    there = await read_by_key(connection, kind.table, list(keyed), lock=True)
    seen = await _visible(connection, kind, principal, list(there))
    for key, row in keyed.items():
        if key in there and key not in seen:
            hidden = "is not yours to change; leave the line out"
            plan.faults.append(Fault(row.line, kind.key[-1], hidden))
            continue
        stored = there.get(key)
        before = kind.unpack(dict(stored.fields)) if stored else None
        document, findings = checked(kind, _merged(before, row.values))
        plan.refuse(row.line, findings)
        if not findings:
            plan.entries.append(Entry(row.line, key, stored, before, document))


def _merged(before: Document | None, values: Mapping[str, Any]) -> Document:
    """An empty cell takes the field away; a column that is not there leaves it."""
    merged = {**(before or {}), **values}
    return {name: value for name, value in merged.items() if value is not None}


async def _judge(
    context: Context, connection: Connection, plan: Plan, principal: Principal
) -> None:
    """Drop and note the entries whose names lead nowhere, or that are not this caller's to make."""
    kind = plan.kind
    documents = [it.after for it in plan.entries]
    names = await names_for(connection, context.source.current, kind, documents)
    shared = await alike(connection, kind, documents)
    kept: list[Entry] = []
    for it in plan.entries:
        findings = linked(kind, it.after, names) or shared.get(it.key, [])
        plan.refuse(it.line, findings)
        if not findings:
            it.after = kind.settled(it.after)
            if await _may(context, connection, plan, principal, it):
                kept.append(it)
    plan.entries = kept


async def _may(
    context: Context, connection: Connection, plan: Plan, principal: Principal, it: Entry
) -> bool:
    if not it.changes:
        return True
    try:
        check_rank(plan.kind, principal, it.before, it.after)
        check_not_oneself(plan.kind, principal, it.after, it.key[-1])
        if it.before is not None:
            await check_renamed(context, connection, plan.kind, it.before, it.after)
    except ProblemError as error:
        plan.faults.append(Fault(it.line, "", error.detail))
        return False
    return True


def _change(kind: Kind, it: Entry) -> RecordChange:
    owners = {kind.client_of(side) for side in (it.before, it.after) if side}
    return RecordChange(
        key=it.key,
        name=kind.name_of(it.after),
        client=owners.pop() if len(owners) == 1 else "",
        before=it.stored.fields if it.stored else None,
        after=kind.stored(it.after),
        shown_before=it.before,
        shown_after=it.after,
        loaded=it.stored.loaded if it.stored else "",
    )


async def _refuse_hidden(connection: Connection, plan: Plan, principal: Principal) -> None:
    """Whoever is walled in must still see what they wrote."""
    if principal.clients is None:
        return
    keys = [it.key for it in plan.entries if it.changes]
    seen = await _visible(connection, plan.kind, principal, keys)
    for it in plan.entries:
        if it.changes and it.key not in seen:
            hidden = "would be out of your sight; name a client that you see"
            plan.faults.append(Fault(it.line, plan.kind.wall, hidden))


async def _visible(
    connection: Connection, kind: Kind, principal: Principal, keys: Sequence[Key]
) -> set[Key]:
    """Of these records those that `principal` sees."""
    if principal.clients is None or not keys:
        return set(keys)
    columns = [[key[i] for key in keys] for i in range(len(kind.key))]
    asked = ", ".join(f"${i + 2}::text[]" for i in range(len(kind.key)))
    names = ", ".join(f"t.{name}" for name in kind.table.key)
    rows = await connection.fetch(
        f"SELECT {names} FROM tierline.{kind.table.name} t WHERE {records_wall(kind, 1)}"
        f" AND ({names}) IN (SELECT * FROM unnest({asked}))",
        walled_to(principal),
        *columns,
    )
    return {tuple(row) for row in rows}
