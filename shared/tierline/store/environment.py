"""Variables of the environment whose value may stand in a file instead: NAME, or NAME_FILE.

A mounted secret is a file. What it holds is never in a process's environment, which children
inherit and crash reports copy.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FILE_SUFFIX: Final = "_FILE"
VALUE_BYTES_MAX: Final = 64 * 1024
"""No setting is longer; a path that leads to a large file is a mistake."""


class VariableError(Exception):
    """A variable cannot be used; the message names it and the remedy, never its value."""


def variable(name: str, environ: Mapping[str, str] | None = None) -> str:
    """Read a variable, or the file that NAME_FILE names.

    Args:
        name: of the variable, without the suffix.
        environ: the environment, or None for the process's own.

    Returns:
        The value, without line ends at its end; empty where neither is set.

    Raises:
        VariableError: both are set, or the file cannot be read as a short text.
    """
    variables = os.environ if environ is None else environ
    value, path = variables.get(name, ""), variables.get(name + FILE_SUFFIX, "")
    if not path:
        return value
    if value:
        raise VariableError(f"{name} and {name}{FILE_SUFFIX} are both set: unset one")
    return _content(name + FILE_SUFFIX, Path(path))


def _content(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(VALUE_BYTES_MAX + 1)
    except OSError as error:
        raise VariableError(f"{name}: {path} cannot be read: {error.strerror}") from None
    if len(content) > VALUE_BYTES_MAX:
        raise VariableError(f"{name}: {path} is longer than {VALUE_BYTES_MAX} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise VariableError(f"{name}: {path} is not UTF-8 text") from None
    text = text.rstrip("\r\n")
    if not text:
        raise VariableError(f"{name}: {path} is empty")
    return text
