"""Tables of records: what an export writes, and what an import reads of it."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from router.limits import IMPORT_CELL_MAX, IMPORT_ROWS_MAX
from router.records.cells import read_cell, write_cell
from tierline.policy.errors import did_you_mean
from tierline.policy.fields import plain_key
from tierline.policy.kinds import Document, Kind


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a line, in which field (empty: the line itself), with the remedy."""

    line: int
    field: str
    problem: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line with its values by field; None: the cell is empty."""

    line: int
    values: Mapping[str, Any]


class NotATableError(Exception):
    """The text cannot be read at all; `fault` says where and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.problem)
        self.fault = fault


def write_table(kind: Kind, documents: Iterable[Document]) -> str:
    """All fields of these records, a line each, under a heading (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    fields = kind.grammar.fields
    writer.writerow(fields)
    for document in documents:
        writer.writerow(write_cell(it.shape, document.get(name)) for name, it in fields.items())
    return out.getvalue()


def read_table(kind: Kind, body: bytes) -> tuple[list[Row], list[Fault]]:
    """The lines of a table, and those that cannot be read.

    Args:
        kind: of the records; the heading names its fields, at least those of the key.
        body: UTF-8, cells apart by commas, or by semicolons.

    Raises:
        NotATableError: no text, no heading, an unknown field, too many lines.
    """
    lines = _lines(_text(body))
    _, heading = next(lines, (1, []))
    fields = _fields(kind, heading)
    rows: list[Row] = []
    faults: list[Fault] = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) + len(faults) >= IMPORT_ROWS_MAX:
            raise _fault(line, f"has more than {IMPORT_ROWS_MAX} rows; split it into several files")
        if len(cells) > len(fields):
            problem = f"has {len(cells)} cells, the heading {len(fields)}; quote commas in a cell"
            faults.append(Fault(line, "", problem))
            continue
        shapes = {name: kind.grammar.fields[name].shape for name in fields}
        found = zip(fields, cells, strict=False)
        rows.append(Row(line, {name: read_cell(shapes[name], cell) for name, cell in found}))
    return rows, faults


def _fault(line: int, problem: str, field: str = "") -> NotATableError:
    return NotATableError(Fault(line, field, problem))


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _fault(line, "is not UTF-8 text; save it as CSV UTF-8") from error


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    semicolons = "," not in first and ";" in first
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if semicolons else ",")
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _fault(line, f"cannot be read: {error}; check its quotation marks") from error
        # The parser's own limit is one of the whole process.
        if any(len(cell) > IMPORT_CELL_MAX for cell in cells):
            problem = f"cannot be read: a cell has more than {IMPORT_CELL_MAX} characters"
            raise _fault(line, f"{problem}; check its quotation marks")
        yield line, cells


def _fields(kind: Kind, heading: list[str]) -> list[str]:
    """The field of each column."""
    known = list(kind.grammar.fields)
    fields = [plain_key(cell.strip()) for cell in heading]
    for field in fields:
        if field not in known:
            remedy = did_you_mean(field, known) or f"known: {', '.join(known)}"
            raise _fault(
                1, f"{kind.grammar.what} has no field `{field[:100]}`; {remedy}", "heading"
            )
        if fields.count(field) > 1:
            raise _fault(1, f"`{field}` is named twice; keep one of the two", "heading")
    for field in kind.key:
        if field not in fields:
            raise _fault(1, f"lacks `{field}`, by which a {kind.one} is found; add it", "heading")
    return fields
