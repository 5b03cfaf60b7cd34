"""The reference of the command line, made from the commands themselves.

`python -m tierline.cli.reference > docs/reference/cli.md`
"""

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import typer.main

from tierline.cli.main import NAME, app

_HEAD = """# The command line

Made by `python -m tierline.cli.reference`; a test compares the two. How to work with it:
[the guide](../guides/cli.md).

Exit codes: 0 done; 1 it did not work, with two lines on standard error: what is wrong, what to do;
2 the command was not called as it should be; 3 somebody was first, or the ticket is elsewhere now.
With `--json`, standard output holds one JSON document, and a failure is `{"error": {...}}`.

Commands marked *asks the router* also take these:

| | |
|---|---|
| `--json` | Print JSON. |
| `--url URL` | The router's address; else `TIERLINE_URL`, else the running stack's. |
| `--token TOKEN` | An API token; else `TIERLINE_TOKEN`, else the running stack's. |
| `--home HOME` | The running stack's folder; else `TIERLINE_HOME`, else `.tierline`. |
"""

_ROUTERS = {"as_json", "url", "token", "home"}
"""The names of the options that every command has that asks the router."""


def reference_text() -> str:
    """The reference as it stands in the documentation (Markdown)."""
    blocks = [_HEAD.strip(), *_of(typer.main.get_command(app), NAME)]
    return "\n\n".join(blocks) + "\n"


def _of(command: Any, path: str) -> Iterator[str]:
    """A section for each command below `command`, which is one of typer's."""
    children = getattr(command, "commands", {})
    if not children or command.invoke_without_command:
        yield f"## `{path}`"
        yield inspect.cleandoc(command.help or "")
        yield _usage(command, path)
        params = [it for it in command.params if not it.hidden]
        if {it.name for it in params} >= _ROUTERS:
            yield "*Asks the router.*"
            params = [it for it in params if it.name not in _ROUTERS]
        if rows := [_row(it) for it in params]:
            yield "\n".join(["| | |", "|---|---|", *rows])
    for name in sorted(children):
        yield from _of(children[name], f"{path} {name}")


def _usage(command: Any, path: str) -> str:
    parts = [path]
    for it in command.params:
        if it.param_type_name == "argument":
            parts.append(_metavar(it) if it.required else f"[{_metavar(it).strip('[]')}]")
        elif it.required:
            parts.append(f"{it.opts[0]} {_metavar(it)}")
    return f"```\n{' '.join(parts)} [options]\n```"


def _row(it: Any) -> str:
    if it.param_type_name == "argument":
        name = _metavar(it).replace("|", "\\|")
    else:
        value = "" if it.is_flag else f" {_metavar(it)}"
        name = ", ".join(sorted(it.opts, key=len)) + value
    needed = " Required." if it.required and it.param_type_name != "argument" else ""
    default = it.default
    shown = isinstance(default, str | int | float) and not isinstance(default, bool) and default
    said = f" Default: `{default}`." if shown else ""
    return f"| `{name}` | {(it.help or '').strip()}{needed}{said} |"


def _metavar(it: Any) -> str:
    return str(it.metavar or it.name.strip("_").upper())


if __name__ == "__main__":
    sys.stdout.write(reference_text())
