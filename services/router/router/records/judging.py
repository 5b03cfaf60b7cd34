"""Whether a record may be stored as it was sent; what is wrong with it, field by field."""

from collections.abc import Mapping, Sequence
from typing import Any

from router.records.names import names_for
from tierline.domain.policy import Policy
from tierline.policy.errors import Finding, Problems
from tierline.policy.kinds import Document, Kind
from tierline.policy.kinds.linking import Names, check_record
from tierline.policy.shapes import BAD
from tierline.store.records import Key
from tierline.store.tickets import Connection
from tierline.web.problems import ProblemError


async def judged(
    connection: Connection, policy: Policy, kind: Kind, written: Mapping[str, Any]
) -> Document:
    """The record as it will be shown again.

    Args:
        connection: in the transaction that will write it.
        policy: in force.
        kind: of the record.
        written: as it was sent, its key included.

    Raises:
        ProblemError: 422 with every fault: fields, names that lead nowhere, what must be alone.
    """
    document, faults = checked(kind, written)
    if not faults:
        names = await names_for(connection, policy, kind, [document])
        faults = linked(kind, document, names)
    if not faults:
        faults = (await alike(connection, kind, [document])).get(kind.key_of(document), [])
    if faults:
        raise refused(faults)
    return kind.settled(document)


def checked(kind: Kind, written: Mapping[str, Any]) -> tuple[Document, list[Finding]]:
    """What the grammar makes of a record, and what it finds wrong."""
    problems = Problems()
    found = kind.grammar.check(dict(written), (), problems)
    return ({} if found is BAD else found), problems.errors


def linked(kind: Kind, document: Document, names: Names) -> list[Finding]:
    """What is wrong with a record that the grammar accepted."""
    problems = Problems()
    check_record(kind, document, (), names, problems)
    return problems.errors


async def alike(
    connection: Connection, kind: Kind, documents: Sequence[Document]
) -> dict[Key, list[Finding]]:
    """What is wrong with fields that must be alone: they are another record's too.

    Args:
        connection: to read the others with.
        kind: of the records.
        documents: what the grammar accepted; each other's rivals as well.

    Returns:
        By key, of those where something is.
    """
    found: dict[Key, Problems] = {}
    ours = {kind.key_of(document): kind.stored(document) for document in documents}
    for fields in kind.alone:
        holders = await _holders(connection, kind, fields, list(ours.values()))
        taken: dict[tuple[str, ...], Key] = {
            values: key for key, values in holders if key not in ours
        }
        for key, stored in ours.items():
            values = tuple(str(stored.get(name, "")).casefold() for name in fields)
            other = taken.setdefault(values, key)
            if other != key:
                theirs = "/".join(other)
                message = f"`{stored[fields[-1]]}` is that of another {kind.one}, {theirs}"
                remedy = "choose another, or change that one"
                found.setdefault(key, Problems()).error((fields[-1],), message, remedy)
    return {key: problems.errors for key, problems in found.items()}


async def _holders(
    connection: Connection, kind: Kind, fields: Sequence[str], stored: Sequence[Document]
) -> list[tuple[Key, tuple[str, ...]]]:
    """The records with one of these values in the last of the fields: key and folded values."""
    table = kind.table
    columns = [column.name for name in fields if (column := table.column(name))]
    names = ", ".join(f"t.{name}" for name in (*table.key, *columns))
    rows = await connection.fetch(
        f"SELECT {names} FROM tierline.{table.name} t"
        f" WHERE lower(t.{columns[-1]}) = ANY(SELECT lower(x) FROM unnest($1::text[]) x)",
        [str(it.get(fields[-1], "")) for it in stored],
    )
    size = len(table.key)
    return [
        (tuple(row)[:size], tuple(str(v).casefold() for v in tuple(row)[size:])) for row in rows
    ]


def refused(faults: Sequence[Finding]) -> ProblemError:
    """A 422 that names every field and its remedy."""
    errors = [fault_of(finding) for finding in faults]
    first = errors[0]
    where = f"{first['field']}: " if first["field"] else ""
    return ProblemError(422, "invalid", where + first["problem"], errors=errors)


def fault_of(finding: Finding) -> dict[str, str]:
    """A finding as an API's fault: the field, what is wrong with it and the remedy."""
    fix = f"; {finding.remedy}" if finding.remedy else ""
    return {"field": _sayable(finding.field), "problem": _sayable(f"{finding.message}{fix}")}


def _sayable(text: str) -> str:
    """JSON may hold half a surrogate pair, which no answer could repeat."""
    return text.encode("utf-8", "replace").decode()
