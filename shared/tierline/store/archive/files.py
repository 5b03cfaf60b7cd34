"""Archive files: gzip of JSON lines, one a row, with a manifest beside it.

A line is `{"kind": "event", "row": {...}}`. Those of a ticket stand together: first the ticket
itself, then what belongs to it. The same tickets give the same bytes, whenever they are written.
"""

import contextlib
import gzip
import hashlib
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from tierline.domain.evolve import evolve
from tierline.domain.ticket import Ticket
from tierline.messages.events import decode_event
from tierline.messages.state import decode_ticket
from tierline.store.archive.limits import LEFT_AFTER_S, LINE_BYTES_MAX

FORMAT: Final = 1
TICKET, EVENT = "ticket", "event"
SUFFIX: Final = ".jsonl.gz"
_PART: Final = ".part"
_WRITING: Final = "writing-"
_PACKED: Final = 6


class ArchiveError(Exception):
    """An archive cannot be written, or is not what it should be; its text says which and why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive file holds. `schema`: the database's revision; `lines`: by kind."""

    file: str
    sha256: str
    bytes: int
    first: int
    last: int
    lines: Mapping[str, int]
    schema: str
    format: int = FORMAT

    @property
    def tickets(self) -> int:
        """How many tickets are in it."""
        return self.lines.get(TICKET, 0)


@dataclass
class Writer:
    """A file that is being written. Lines are given by ticket, in order of their numbers."""

    folder: Path
    size: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    tickets: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._path = self.folder / f"{_WRITING}{secrets.token_hex(8)}{_PART}"
        try:
            self._file: BinaryIO = self._path.open("wb")
        except OSError as error:
            raise self._cannot(error) from error
        self._zip = gzip.GzipFile("", "wb", _PACKED, self._file, mtime=0)

    def begin(self, ticket: int) -> None:
        """Lines that follow belong to that ticket."""
        self.tickets.append(ticket)

    def write(self, kind: str, rows: Iterable[str]) -> None:
        """Add rows, each a JSON object as PostgreSQL writes it."""
        for row in rows:
            line = f'{{"kind":"{kind}","row":{row}}}\n'.encode()
            try:
                self._zip.write(line)
            except OSError as error:
                raise self._cannot(error) from error
            self.size += len(line)
            self.lines[kind] += 1

    def _cannot(self, error: OSError) -> ArchiveError:
        return ArchiveError(f"{self.folder} cannot be written to: {error.strerror}")

    def finish(self, schema: str) -> Manifest:
        """Put it on the disk, read it back, and give it its name.

        Raises:
            ArchiveError: what was read is not what was written; the file is gone.
        """
        try:
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            digest = _digest(self._path)
            stem = f"tickets-{self.tickets[0]}-{self.tickets[-1]}-{digest[:12]}"
            manifest = Manifest(
                file=stem + SUFFIX,
                sha256=digest,
                bytes=self._path.stat().st_size,
                first=self.tickets[0],
                last=self.tickets[-1],
                lines=dict(sorted(self.lines.items())),
                schema=schema,
            )
            _check(self._path, manifest)
            self._path.replace(self.folder / manifest.file)
            _keep(self.folder, manifest)
        except OSError as error:
            raise self._cannot(error) from error
        finally:
            self.drop()
        return manifest

    def drop(self) -> None:
        """Forget what was written, if it has not got its name."""
        with contextlib.suppress(OSError, ValueError):  # of a full disk, or closed already
            self._zip.close()
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


def _keep(folder: Path, manifest: Manifest) -> None:
    path = manifest_path(folder, manifest.file)
    part = path.with_suffix(_PART)
    with part.open("w") as out:
        json.dump(asdict(manifest), out, indent=2)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    listing = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)


def manifest_path(folder: Path, name: str) -> Path:
    """Where the manifest of the file `name` lies."""
    return folder / (name.removesuffix(SUFFIX) + ".manifest.json")


def read_manifest(folder: Path, name: str) -> Manifest:
    """The manifest of the file `name`. Raises ArchiveError where there is none, or another's."""
    path = manifest_path(folder, name)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise ArchiveError(f"{path} cannot be read: {error}") from error
    if found.format != FORMAT:
        raise ArchiveError(f"{path} is of format {found.format}; this version reads {FORMAT}")
    return found


def forget(folder: Path, name: str) -> bool:
    """Remove a file and its manifest; returns whether the file was there."""
    there = (folder / name).exists()
    (folder / name).unlink(missing_ok=True)
    manifest_path(folder, name).unlink(missing_ok=True)
    return there


def sweep_left(folder: Path) -> None:
    """Remove what somebody began to write and never finished."""
    for path in folder.glob(f"{_WRITING}*{_PART}"):
        if time.time() - path.stat().st_mtime > LEFT_AFTER_S:
            path.unlink(missing_ok=True)


def unnamed(folder: Path, named: Collection[str]) -> tuple[list[str], list[str]]:
    """Files of tickets beside those in `named`: left over for long, and made lately.

    Of the latter the database may be about to learn.
    """
    old: list[str] = []
    new: list[str] = []
    for path in sorted(folder.glob(f"tickets-*{SUFFIX}")):
        if path.name not in named:
            age_s = time.time() - path.stat().st_mtime
            (old if age_s > LEFT_AFTER_S else new).append(path.name)
    return old, new


def verify(folder: Path, name: str) -> Manifest:
    """The manifest of a file that is whole: its hash, its counts, and each ticket's fold.

    Raises:
        ArchiveError: it is not.
    """
    manifest = read_manifest(folder, name)
    path = folder / name
    try:
        if _digest(path) != manifest.sha256:
            raise ArchiveError(f"{path} is not what was written: its hash differs")
        _check(path, manifest)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror}") from error
    return manifest


def rows_of(folder: Path, name: str, ticket: int) -> list[tuple[str, dict[str, Any], str]]:
    """The rows of one ticket in a file: kind, row, and the row as it was written.

    Raises:
        ArchiveError: the file cannot be read, or does not hold the ticket.
    """
    try:
        for number, lines in tickets_in(folder / name):
            if number == ticket:
                return lines
    except (OSError, EOFError) as error:
        raise ArchiveError(f"{folder / name} cannot be read: {error}") from error
    raise ArchiveError(f"{folder / name} does not hold ticket {ticket}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(path: Path, manifest: Manifest) -> None:
    """The counts, and of each ticket that its events make the state that is beside them."""
    lines: Counter[str] = Counter()
    for number, rows in tickets_in(path):
        lines.update(kind for kind, _, _ in rows)
        if _folded(rows) != decode_ticket(msgspec.json.encode(rows[0][1]["doc"])):
            raise ArchiveError(f"{path}: the events of ticket {number} do not make its state")
    if lines != Counter(manifest.lines):
        raise ArchiveError(f"{path}: holds {dict(lines)}, should hold {dict(manifest.lines)}")


def _folded(rows: Iterable[tuple[str, dict[str, Any], str]]) -> Ticket | None:
    ticket: Ticket | None = None
    for kind, row, _ in rows:
        if kind == EVENT:
            ticket = evolve(ticket, decode_event(msgspec.json.encode(row["body"])).event)
    return ticket


_Rows = list[tuple[str, dict[str, Any], str]]


def tickets_in(path: Path) -> Iterator[tuple[int, _Rows]]:
    """The tickets of a file, each with its lines. One at a time is in memory.

    Raises:
        ArchiveError: it holds a line that is none. Errors of the file itself are passed on.
    """
    number = 0
    rows: _Rows = []
    with gzip.open(path, "rb") as lines:
        while line := lines.readline(LINE_BYTES_MAX):
            kind, row, text = _line(path, line)
            if kind == TICKET:
                if rows:
                    yield number, rows
                number, rows = int(row["id"]), []
            rows.append((kind, row, text))
    if rows:
        yield number, rows


def _line(path: Path, line: bytes) -> tuple[str, dict[str, Any], str]:
    try:
        found = msgspec.json.decode(line, type=_Line)
        row = msgspec.json.decode(found.row)
    except msgspec.MsgspecError as error:
        raise ArchiveError(f"{path} holds a line that cannot be read: {error}") from error
    return found.kind, row, bytes(found.row).decode()


class _Line(msgspec.Struct):
    kind: str
    row: msgspec.Raw
