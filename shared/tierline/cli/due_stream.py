"""Lines from standard input answered on standard output, as a co-process does.

Imported before anything heavy, so that a program that asks a few questions does not wait for the
rest of the command line.
"""

import os
import sys
from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import cast

from tierline.messages.due_lines.answer import answer_line, refusal
from tierline.messages.due_lines.faults import BadLineError
from tierline.messages.due_lines.limits import LINE_BYTES_MAX

CHUNK_BYTES = 65_536
"""Read at most at once: what a pipe holds."""

_BOM = b"\xef\xbb\xbf"


class Lines:
    """Cuts what is read into lines; of a line that is too long nothing is kept."""

    def __init__(self) -> None:
        self._number = 0
        self._begun = b""
        self._too_long = False

    def of(self, chunk: bytes) -> Iterator[tuple[int, bytes | None]]:
        """The lines that end in `chunk`, each with its number from 1; None for one too long."""
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            self._grow(part)
            yield self._taken()
        self._grow(rest)

    def last(self) -> Iterator[tuple[int, bytes | None]]:
        """The line that the end of the input ends, where there is one."""
        if self._begun or self._too_long:
            yield self._taken()

    def _grow(self, part: bytes) -> None:
        self._too_long = self._too_long or len(self._begun) + len(part) > LINE_BYTES_MAX
        self._begun = b"" if self._too_long else self._begun + part

    def _taken(self) -> tuple[int, bytes | None]:
        self._number += 1
        line = None if self._too_long else self._begun
        if self._number == 1 and line is not None:
            line = line.removeprefix(_BOM)
        self._begun, self._too_long = b"", False
        return self._number, line


def answer_all(read: Callable[[], bytes], write: Callable[[bytes], None]) -> int:
    """Answer every line; blank ones are skipped.

    What was read at once is answered at once, before reading waits again: whoever sends one line
    and waits gets its answer, and of a file many go out together.

    Args:
        read: the next bytes, as many as there are; none at the end of the input.
        write: takes them all, and sees to it that they leave.

    Returns:
        The exit code: 0, or 1 where a line had no answer.
    """
    lines, good = Lines(), True
    while chunk := read():
        good &= _answer(lines.of(chunk), write)
    good &= _answer(lines.last(), write)
    return 0 if good else 1


def _answer(found: Iterator[tuple[int, bytes | None]], write: Callable[[bytes], None]) -> bool:
    said, good = bytearray(), True
    for number, line in found:
        if line is None:
            text, fine = refusal(_too_long(), number), False
        elif not (line := line.strip()):
            continue
        else:
            text, fine = answer_line(line, number)
        said += text
        good &= fine
    if said:
        write(bytes(said))
    return good


def _too_long() -> BadLineError:
    return BadLineError("", f"the line is longer than {LINE_BYTES_MAX} bytes", "write less on it")


def run() -> int:
    """Answer standard input on standard output.

    Returns:
        The exit code; 1 too where nobody reads the answers any more.
    """

    def read() -> bytes:
        return cast("BufferedReader", sys.stdin.buffer).read1(CHUNK_BYTES)

    def write(said: bytes) -> None:
        sys.stdout.buffer.write(said)
        sys.stdout.buffer.flush()

    try:
        return answer_all(read, write)
    except BrokenPipeError:
        # What is still buffered must not fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
