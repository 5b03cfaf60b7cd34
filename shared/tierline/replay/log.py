"""Reads a help desk's log by its mapping. What cannot be read or mapped is listed, never lost."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from tierline.domain.terms import Priority
from tierline.domain.triage import UNSORTED
from tierline.policy.errors import did_you_mean
from tierline.replay.grammar import SEPARATORS
from tierline.replay.instants import UnreadableInstantError, read_instants, settled
from tierline.replay.mapping import JOINT, LogMapping
from tierline.replay.meaning import SAME, Meaning, Order
from tierline.replay.names import NAME_MAX, Groups, Logins, line_of, tidy
from tierline.replay.unmapped import Notes, Unmapped, Why

ROWS_MAX = 2_000_000
"""Rows of one log; a larger one is to be cut by time."""

FIELD_CHARS_MAX = 1_000_000
"""Characters of one field, long texts included."""

TITLE_MAX = 200
"""Characters of a title."""

GZIP = ".gz"


class LogError(ValueError):
    """The log as a whole cannot be read; says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One change of one case, in our words. `number` is its place in the file, the header is 1.

    `owner` is a login, empty for nobody; `priority` None where the row says none; `at` is UTC.
    """

    number: int
    case: str
    at: datetime
    status: str
    meaning: Meaning
    group: str
    tier: str
    owner: str
    priority: Priority | None
    client: str
    title: str
    service: str


@dataclass(frozen=True, slots=True)
class Log:
    """A log in our words: the rows of each case in time order, and what was not taken.

    `unmapped` lists the first rows of each reason; `reasons` counts all of them by column and
    reason, `values` what they hold. `groups`: name to tier. `people`: name to login. `filtered`:
    rows that the mapping leaves out.
    """

    cases: Mapping[str, tuple[Row, ...]]
    groups: Mapping[str, str]
    people: Mapping[str, str]
    unmapped: tuple[Unmapped, ...]
    reasons: Mapping[tuple[str, str], int]
    rows: int
    filtered: int
    values: Mapping[Why, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Record:
    """One row as the file has it: its place and its values by column, missing ones empty.

    `beyond`: the first value after the last column, where there is one.
    """

    number: int
    values: Mapping[str, str]
    beyond: str | None

    def of(self, column: str) -> str:
        """What stands in a column; empty where there is none."""
        return self.values.get(column, "") if column else ""


def read_log(path: str | Path, mapping: LogMapping) -> Log:
    """Read a CSV file, gzipped where its name ends in `.gz`.

    Raises:
        LogError: no such file, no text of that encoding, columns missing, too many rows.
    """
    file = Path(path)
    try:
        with _opened(file, mapping) as text:
            return _Reader(mapping).read(_records(text, mapping, file.name))
    except (OSError, EOFError, zlib.error) as error:
        raise LogError(f"{file}: cannot be read: {error}") from error
    except UnicodeError as error:
        remedy = "name the mapping's `file.encoding`"
        raise LogError(f"{file.name}: is not {mapping.file.encoding} text; {remedy}") from error


def _opened(file: Path, mapping: LogMapping) -> io.TextIOBase:
    opener = gzip.open if file.suffix == GZIP else open
    opened: io.TextIOBase = opener(file, "rt", encoding=mapping.file.encoding, newline="")
    return opened


def _records(text: io.TextIOBase, mapping: LogMapping, name: str) -> Iterator[_Record]:
    csv.field_size_limit(FIELD_CHARS_MAX)
    reader = csv.reader(text, delimiter=mapping.file.separator, strict=True)
    try:
        header = [tidy(column) for column in next(reader, [])]
        _check_header(header, mapping, name)
        for number, values in enumerate(reader, start=2):
            if number > ROWS_MAX + 1:
                raise LogError(f"{name}: holds more than {ROWS_MAX} rows; cut it by time")
            if values:
                found = dict(zip(header, _bare(values, mapping), strict=False))
                beyond = values[len(header)] if len(values) > len(header) else None
                yield _Record(number, found, beyond)
    except csv.Error as error:
        raise LogError(f"{name}: line {reader.line_num}: {error}; mend the quotes") from error


def _bare(values: list[str], mapping: LogMapping) -> Iterator[str]:
    missing = mapping.file.missing
    for value in values:
        line = line_of(value)
        yield "" if line.casefold() in missing else line


def _check_header(header: list[str], mapping: LogMapping, name: str) -> None:
    for wanted in mapping.wanted:
        column, named = wanted.column, f"`{wanted.field}` ({wanted.place})"
        if column not in header:
            remedy = _separator(header) or did_you_mean(column, header)
            raise LogError(f"{name}: has no column `{column}`, which {named} names; {remedy}")
        if header.count(column) > 1:
            several = f"{name}: has several columns `{column}`, which {named} names"
            raise LogError(f"{several}; rename all but one")


def _separator(header: list[str]) -> str:
    """The remedy where all columns are read as one."""
    inside = [name for name, sign in SEPARATORS.items() if len(header) == 1 and sign in header[0]]
    return f'set the mapping\'s `file.separator` to "{inside[0]}"' if inside else ""


@dataclass(slots=True)
class _Reader:
    """Turns records into rows, keeping what earlier ones taught."""

    mapping: LogMapping
    groups: Groups = field(default_factory=Groups)
    logins: Logins = field(default_factory=Logins)
    team_tiers: dict[str, str] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    seen: int = 0
    filtered: int = 0

    def read(self, records: Iterable[_Record]) -> Log:
        """All rows by case; within a case by instant, rows of one instant as they stand."""
        cases: dict[str, list[_Dated]] = {}
        for record in records:
            self.seen += 1
            if self._left_out(record):
                self.filtered += 1
            elif (row := self._row(record)) is not None:
                cases.setdefault(row[0].case, []).append(row)
        return Log(
            cases={key: self._in_order(rows) for key, rows in cases.items()},
            groups=self.groups.tiers(),
            people=self.logins.named(),
            unmapped=tuple(self.notes.listed),
            reasons=dict(self.notes.reasons),
            rows=self.seen,
            filtered=self.filtered,
            values=self.notes.values,
        )

    def _left_out(self, record: _Record) -> bool:
        only, skip = self.mapping.only, self.mapping.skip
        wanted = all(values.of(record.of(column)) for column, values in only.items())
        return not wanted or any(values.of(record.of(column)) for column, values in skip.items())

    def _in_order(self, rows: list["_Dated"]) -> tuple[Row, ...]:
        """Rows of one case in order of time. A local time that occurs twice is told by the last."""
        if self.mapping.file.order is Order.NEWEST_FIRST:
            rows.reverse()
        found: list[Row] = []
        for row, instants in rows:
            before = found[-1].at if found else None
            at = settled(instants, before)
            if before is not None and at < before:
                written = f"{at:%Y-%m-%d %H:%M} UTC"
                self.notes.add(row.number, self.mapping.columns.at, written, EARLIER)
            found.append(row if at == row.at else replace(row, at=at))
        return tuple(sorted(found, key=lambda row: row.at))

    def _row(self, record: _Record) -> "_Dated | None":
        columns, number = self.mapping.columns, record.number
        if record.beyond is not None:
            reason = "has more values than the header has columns: the rest is left out"
            self.notes.add(number, "", record.beyond, reason)
        for column in dict.fromkeys(self.mapping.columns.named()):
            if column not in record.values:
                reason = "has fewer values than the header has columns: this one is taken as empty"
                self.notes.add(number, column, "", reason)
        key = self._name(record, columns.case)
        if not key:
            self.notes.add(number, columns.case, "", "names no case: the row is left out")
            return None
        instants = self._instants(record)
        if not instants:
            return None
        status, meaning = self._status(record)
        group, tier = self._place(record)
        row = Row(
            number=number,
            case=key,
            at=instants[0],
            status=status,
            meaning=meaning,
            group=group,
            tier=tier,
            owner=self.logins.of(self._name(record, columns.owner)),
            priority=self._priority(record),
            client=self._client(record),
            title=self._title(record),
            service=self._name(record, columns.service),
        )
        return row, instants

    def _name(self, record: _Record, column: str) -> str:
        """A value that names something, cut to what a name may have."""
        return self._cut(record.number, column, record.of(column), NAME_MAX)

    def _title(self, record: _Record) -> str:
        columns = self.mapping.columns.title
        title = JOINT.join(said for column in columns if (said := record.of(column)))
        return self._cut(record.number, JOINT.join(columns), title, TITLE_MAX)

    def _cut(self, number: int, column: str, value: str, most: int) -> str:
        if len(value) > most:
            self.notes.add(number, column, value, f"has more than {most} characters: it is cut")
        return value[:most].strip()

    def _instants(self, record: _Record) -> tuple[datetime, ...]:
        mapping = self.mapping
        text = record.of(mapping.columns.at)
        try:
            return read_instants(text, mapping.formats, mapping.zone)
        except UnreadableInstantError as error:
            reason = f"{error}: the row is left out"
            self.notes.add(record.number, mapping.columns.at, text, reason)
            return ()

    def _status(self, record: _Record) -> tuple[str, Meaning]:
        columns = self.mapping.columns.status
        status = JOINT.join(v for column in columns if (v := self._name(record, column)))
        meaning = self.mapping.statuses.of(status)
        if meaning is None:
            reason = "is no status of the mapping: the row leaves the state as it was"
            self.notes.add(record.number, JOINT.join(columns), status, reason)
        return status, meaning or SAME

    def _place(self, record: _Record) -> tuple[str, str]:
        """The group and tier of a row; without a team, the group for that."""
        mapping, columns = self.mapping, self.mapping.columns
        team = self._name(record, columns.team)
        if not team:
            reason = f"names no team: taken as {mapping.unassigned}"
            self.notes.add(record.number, columns.team, "", reason)
            team = mapping.unassigned
        tier = self._tier(team, record)
        return self.groups.of(team, tier), tier

    def _tier(self, team: str, record: _Record) -> str:
        mapping = self.mapping
        said = record.of(mapping.columns.tier)
        tier = mapping.tier_values.of(said) if said else None
        if tier is None:
            tier = mapping.teams.of(team) or self.team_tiers.get(team)
            if mapping.columns.tier:
                taken = tier or mapping.tiers[0]
                reason = f"is no line of support of the mapping: taken as {taken}"
                self.notes.add(record.number, mapping.columns.tier, said, reason)
        tier = tier or mapping.tiers[0]
        self.team_tiers.setdefault(team, tier)
        return tier

    def _priority(self, record: _Record) -> Priority | None:
        column = self.mapping.columns.priority
        said = record.of(column)
        if not said:
            return None
        found = self.mapping.priorities.of(said) or _as_written(said)
        if found is None:
            reason = "is no priority of the mapping: it stays as it was"
            self.notes.add(record.number, column, said, reason)
        return found

    def _client(self, record: _Record) -> str:
        mapping, column = self.mapping, self.mapping.columns.client
        if not column:
            return mapping.client
        said = self._name(record, column)
        named = mapping.clients.of(said) or said
        if not named or named == UNSORTED:
            self.notes.add(record.number, column, said, f"names no client: taken as {NO_CLIENT}")
            return NO_CLIENT
        return named


_Dated = tuple[Row, tuple[datetime, ...]]
"""A row, and the instants that it may be of."""

NO_CLIENT = "No client named"
EARLIER = "lies before the row that stands before it: the rows are taken in order of time"


def _as_written(said: str) -> Priority | None:
    """`P2` means P2 without a mapping."""
    try:
        return Priority(said.upper())
    except ValueError:
        return None
