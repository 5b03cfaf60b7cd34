"""The command blocks of a Markdown file, and how each says it is tested.

A command block is fenced (bash, console, sh) or indented. A comment stands right before it:

    <!-- test: stack -->            run against a running stack, in the order of the page
    <!-- test: shell -->            run in the checkout, nothing else needed
    <!-- test: runbook -->          run against real services under load (tests/runbooks)
    <!-- test: usage -->            examples with other people's numbers: each `tierline` line must
                                    be a command with such arguments, and is not carried out
    <!-- test: none, because ... --> not run here; the reason says what proves it instead
"""

import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMMAND_LANGUAGES = {"bash", "console", "sh", "shell"}
REASON_LETTERS_MIN = 10
INDENT = "    "
SHELL_WORDS = {"|", ">", ">>", "&&", "||", ";", "&"}
"""Where a call ends and the shell goes on."""

_FENCE = re.compile(r"^(```+)\s*([\w-]*)\s*$")
_MARK = re.compile(r"^<!-- test: (stack|shell|runbook|usage|none, because (.+)) -->$")
_COMMAND = re.compile(r"^ {4}(\$ )?(tierline|make|curl|git|export|\.venv/bin/)\b")


@dataclass(frozen=True)
class Block:
    """One command block. `kind`: of the mark before it; empty where there is none."""

    file: Path
    line: int
    language: str
    text: str
    kind: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}"


def blocks_of(file: Path) -> list[Block]:
    """Every command block of a file, in order."""
    return list(_found(file, file.read_text().splitlines()))


def _found(file: Path, lines: list[str]) -> Iterator[Block]:
    number = 0
    before = ""
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        if fence:
            end = next(i for i in range(number + 1, len(lines)) if lines[i].strip() == fence[1])
            if fence[2] in COMMAND_LANGUAGES:
                text = "\n".join(lines[number + 1 : end])
                yield Block(file, number + 1, fence[2], text, *_mark(before))
            before, number = "", end + 1
        elif _COMMAND.match(lines[number]) and not before.startswith(INDENT):
            end = number
            while end < len(lines) and (lines[end].startswith(INDENT) or not lines[end]):
                end += 1
            text = "\n".join(line.removeprefix(INDENT) for line in lines[number:end]).strip()
            yield Block(file, number + 1, "bash", text, *_mark(before))
            before, number = "", end
        else:
            before = lines[number] or before
            number += 1


def _mark(line: str) -> tuple[str, str]:
    mark = _MARK.match(line.strip())
    if not mark:
        return "", ""
    return mark[1].split(",")[0], mark[2] or ""


def script_of(block: Block) -> str:
    """The commands of a block: all of a bash block, the lines after `$ ` of a console block."""
    if block.language != "console":
        return block.text
    return "\n".join(line[2:] for line in block.text.splitlines() if line.startswith("$ "))


def calls_of(block: Block) -> list[list[str]]:
    """The arguments of each line of a block that calls `tierline`; variables before it aside."""
    found = []
    for line in script_of(block).replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if "tierline" in words:
            rest = words[words.index("tierline") + 1 :]
            found.append(list(itertools.takewhile(lambda word: word not in SHELL_WORDS, rest)))
    return found


def shown_by(block: Block) -> list[str]:
    """The output that a console block shows: lines in which `...` stands for anything."""
    if block.language != "console":
        return []
    return [line for line in block.text.splitlines() if line.strip() and not line.startswith("$ ")]


def missing(shown: list[str], output: str) -> str:
    """The first shown line that the output does not hold in that order; empty when it holds all."""
    rest = iter(output.splitlines())
    for line in shown:
        wanted = re.compile(".*".join(re.escape(part.strip()) for part in line.split("...")))
        if not any(wanted.search(said) for said in rest):
            return line
    return ""
