"""Reads a help desk's log by its mapping. What cannot be read or mapped is listed, never lost."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tierline.domain.terms import Priority
from tierline.domain.triage import UNSORTED
from tierline.policy.errors import did_you_mean
from tierline.replay.instants import UnreadableInstantError, read_instant
from tierline.replay.mapping import JOINT, LogMapping
from tierline.replay.meaning import SAME, Meaning, Order
from tierline.replay.names import Groups, Logins, tidy

ROWS_MAX = 2_000_000
"""Rows of one log; a larger one is to be cut by time."""

FIELD_CHARS_MAX = 1_000_000
"""Characters of one field, long texts included."""

LISTED_MAX = 10_000
"""Entries of the list of what could not be mapped; beyond it they are counted by reason."""

GZIP = ".gz"
BEYOND = ""
"""The column that a row's values have where it has more of them than the header."""


class LogError(ValueError):
    """The log as a whole cannot be read; says what to do."""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """What of a row could not be taken, and what is done instead. `row`: as in `Row.number`."""

    row: int
    column: str
    value: str
    reason: str


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

    `unmapped` holds at most LISTED_MAX entries; `reasons` counts all of them by column and reason.
    `groups`: name to tier. `people`: name to login. `filtered`: rows that the mapping leaves out.
    """

    cases: Mapping[str, tuple[Row, ...]]
    groups: Mapping[str, str]
    people: Mapping[str, str]
    unmapped: tuple[Unmapped, ...]
    reasons: Mapping[tuple[str, str], int]
    rows: int
    filtered: int


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


def _records(
    text: io.TextIOBase, mapping: LogMapping, name: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row's number and its values by column, missing ones empty."""
    csv.field_size_limit(FIELD_CHARS_MAX)
    reader = csv.reader(text, delimiter=mapping.file.separator, strict=True)
    try:
        header = [tidy(column) for column in next(reader, [])]
        _check_header(header, mapping, name)
        for number, values in enumerate(reader, start=2):
            if number > ROWS_MAX + 1:
                raise LogError(f"{name}: holds more than {ROWS_MAX} rows; cut it by time")
            if values:
                record = dict(zip(header, _tidied(values, mapping), strict=False))
                if len(values) > len(header):
                    record[BEYOND] = values[len(header)]
                yield number, record
    except csv.Error as error:
        raise LogError(f"{name}: line {reader.line_num}: {error}; mend the quotes") from error


def _tidied(values: list[str], mapping: LogMapping) -> Iterator[str]:
    missing = mapping.file.missing
    for value in values:
        bare = value.strip()
        yield "" if bare.casefold() in missing else bare


def _check_header(header: list[str], mapping: LogMapping, name: str) -> None:
    wanted = (*mapping.columns.named(), *mapping.only, *mapping.skip)
    for column in wanted:
        if column not in header:
            meant = did_you_mean(column, header)
            remedy = meant or "name a column that it has, or the mapping's `file.separator`"
            raise LogError(f"{name}: has no column `{column}`; {remedy}")
        if header.count(column) > 1:
            raise LogError(f"{name}: has several columns `{column}`; rename all but one")


@dataclass(slots=True)
class _Reader:
    """Turns records into rows, keeping what earlier ones taught."""

    mapping: LogMapping
    groups: Groups = field(default_factory=Groups)
    logins: Logins = field(default_factory=Logins)
    team_tiers: dict[str, str] = field(default_factory=dict)
    listed: list[Unmapped] = field(default_factory=list)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    seen: int = 0
    filtered: int = 0

    def read(self, records: Iterator[tuple[int, dict[str, str]]]) -> Log:
        """All rows by case; within a case by instant, rows of one instant as they stand."""
        cases: dict[str, list[Row]] = {}
        for number, record in records:
            self.seen += 1
            if self._left_out(record):
                self.filtered += 1
                continue
            key = tidy(record.get(self.mapping.columns.case, ""))
            above = cases[key][-1].at if key in cases else None
            row = self._row(number, key, record, above)
            if row is not None:
                cases.setdefault(row.case, []).append(row)
        if self.mapping.file.order is Order.NEWEST_FIRST:
            for rows in cases.values():
                rows.reverse()
        return Log(
            cases={key: tuple(sorted(rows, key=lambda row: row.at)) for key, rows in cases.items()},
            groups=self.groups.tiers(),
            people=self.logins.named(),
            unmapped=tuple(self.listed),
            reasons=dict(self.reasons),
            rows=self.seen,
            filtered=self.filtered,
        )

    def _left_out(self, record: Mapping[str, str]) -> bool:
        only, skip = self.mapping.only, self.mapping.skip
        wanted = all(values.of(record.get(column, "")) for column, values in only.items())
        return not wanted or any(values.of(record.get(c, "")) for c, values in skip.items())

    def _note(self, number: int, column: str, value: str, reason: str) -> None:
        self.reasons[column, reason] += 1
        if len(self.listed) < LISTED_MAX:
            self.listed.append(Unmapped(number, column, value[:200], reason))

    def _row(
        self, number: int, key: str, record: Mapping[str, str], above: datetime | None
    ) -> Row | None:
        columns = self.mapping.columns
        if not key:
            self._note(number, columns.case, "", "names no case: the row is left out")
            return None
        if BEYOND in record:
            reason = "has more values than the header has columns: the rest is left out"
            self._note(number, BEYOND, record[BEYOND], reason)
        at = self._instant(number, record.get(columns.at, ""), above)
        if at is None:
            return None
        status, meaning = self._status(number, record)
        group, tier = self._place(number, record)
        return Row(
            number=number,
            case=key,
            at=at,
            status=status,
            meaning=meaning,
            group=group,
            tier=tier,
            owner=self.logins.of(tidy(record.get(columns.owner, ""))),
            priority=self._priority(number, record),
            client=self._client(number, record),
            title=JOINT.join(t for c in columns.title if (t := tidy(record.get(c, "")))),
            service=tidy(record.get(columns.service, "")),
        )

    def _instant(self, number: int, text: str, above: datetime | None) -> datetime | None:
        mapping = self.mapping
        ascending = mapping.file.order is Order.OLDEST_FIRST
        try:
            return read_instant(text, mapping.formats, mapping.zone, above if ascending else None)
        except UnreadableInstantError as error:
            self._note(number, mapping.columns.at, text, f"{error}: the row is left out")
            return None

    def _status(self, number: int, record: Mapping[str, str]) -> tuple[str, Meaning]:
        columns = self.mapping.columns
        status = JOINT.join(v for c in columns.status if (v := tidy(record.get(c, ""))))
        meaning = self.mapping.statuses.of(status)
        if meaning is None:
            reason = "is no status of the mapping: the row leaves the state as it was"
            self._note(number, JOINT.join(columns.status), status, reason)
        return status, meaning or SAME

    def _place(self, number: int, record: Mapping[str, str]) -> tuple[str, str]:
        """The group and tier of a row; without a team, the group for that."""
        mapping, columns = self.mapping, self.mapping.columns
        team = tidy(record.get(columns.team, ""))
        if not team:
            reason = f"names no team: taken as {mapping.unassigned}"
            self._note(number, columns.team, "", reason)
            team = mapping.unassigned
        tier = self._tier(number, team, record)
        return self.groups.of(team, tier), tier

    def _tier(self, number: int, team: str, record: Mapping[str, str]) -> str:
        mapping = self.mapping
        said = tidy(record.get(mapping.columns.tier, "")) if mapping.columns.tier else ""
        tier = mapping.tier_values.of(said) if said else None
        if tier is None:
            tier = mapping.teams.of(team) or self.team_tiers.get(team)
            if mapping.columns.tier:
                taken = tier or mapping.tiers[0]
                reason = f"is no line of support of the mapping: taken as {taken}"
                self._note(number, mapping.columns.tier, said, reason)
        tier = tier or mapping.tiers[0]
        self.team_tiers.setdefault(team, tier)
        return tier

    def _priority(self, number: int, record: Mapping[str, str]) -> Priority | None:
        column = self.mapping.columns.priority
        said = tidy(record.get(column, "")) if column else ""
        if not said:
            return None
        found = self.mapping.priorities.of(said) or _as_written(said)
        if found is None:
            reason = "is no priority of the mapping: it stays as it was"
            self._note(number, column, said, reason)
        return found

    def _client(self, number: int, record: Mapping[str, str]) -> str:
        mapping, column = self.mapping, self.mapping.columns.client
        if not column:
            return mapping.client
        said = tidy(record.get(column, ""))
        if not said:
            self._note(number, column, "", f"names no client: taken as {NO_CLIENT}")
            return NO_CLIENT
        named = mapping.clients.of(said) or said
        return named if named != UNSORTED else NO_CLIENT


NO_CLIENT = "No client named"


def _as_written(said: str) -> Priority | None:
    """`P2` means P2 without a mapping."""
    try:
        return Priority(said.upper())
    except ValueError:
        return None
