"""What the commands that ask the router share: how to reach it, how to print."""

import functools
import inspect
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import httpx
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tierline.cli.client import Json, Router, find_address
from tierline.cli.failures import told
from tierline.cli.moments import parse_instant
from tierline.cli.text import clean, cleaned

WIDTH_IN_PIPES = 120
"""Columns where no terminal says how many it has, and COLUMNS does not."""

GAP = 2
LAST_COLUMN_MIN = 10

P = ParamSpec("P")

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The ticket's number.", min=1)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Screen:
    """Prints for people: plain texts, never markup, in colour on a terminal only."""

    def __init__(self) -> None:
        piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
        width = WIDTH_IN_PIPES if piped else shutil.get_terminal_size().columns
        self._console = Console(width=width, highlight=False, markup=False, emoji=False)

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line, however long."""
        self._console.print(Text(clean(text), style=style), soft_wrap=True)

    def table(
        self, headings: Iterable[str], rows: Iterable[Iterable[str]], *, wrap: bool = False
    ) -> None:
        """Print rows of texts; the last column takes the room that is left, and ends or wraps."""
        names, cells = list(headings), [[clean(c).replace("\n", " ") for c in row] for row in rows]
        widest = [max(map(cell_len, column)) for column in zip(names, *cells, strict=True)]
        room = self._console.width - sum(width + GAP for width in widest[:-1])
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        for name in names[:-1]:
            table.add_column(name, no_wrap=True)
        table.add_column(
            names[-1],
            no_wrap=not wrap,
            overflow="fold" if wrap else "ellipsis",
            max_width=max(room, LAST_COLUMN_MIN),
        )
        for row in cells:
            table.add_row(*map(Text, row))
        self._console.print(table)

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Print names with their values, wrapped; what is empty is left out."""
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), show_header=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in pairs:
            if value:
                table.add_row(name, Text(clean(value)))
        self._console.print(table)


@dataclass(frozen=True, slots=True)
class Call:
    """One command on its way.

    Attributes:
        router: whom to ask.
        as_json: a program reads the output.
        screen: prints for people.
    """

    router: Router
    as_json: bool
    screen: Screen

    def answer(self, document: Any, shown: Callable[[Screen, Any], None]) -> None:
        """Print an answer: the document itself as JSON, or what `shown` makes of it.

        Args:
            document: plain JSON.
            shown: prints it; gets it with unsafe characters replaced.
        """
        if self.as_json:
            sys.stdout.write(json.dumps(document) + "\n")
        else:
            shown(self.screen, cleaned(document))

    def now(self) -> datetime:
        """Ask for policy time (UTC); raises as `Router.get`."""
        return clock_now(self.router.get("/v1/clock"))


def clock_now(clock: Json) -> datetime:
    """The policy time (UTC) of a clock document."""
    found = parse_instant(clock["now"])
    if found is None:
        raise ValueError("a clock without a time")
    return found


def with_router(function: Callable[Concatenate[Call, P], None]) -> Callable[..., None]:
    """Give a command the options that lead to the router, and a Call as its first argument.

    Args:
        function: takes a Call first; the rest are the command's own arguments and options.

    Returns:
        The command to register.
    """
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = list(inspect.signature(_shared, eval_str=True).parameters.values())

    @functools.wraps(function)
    def run(**given: Any) -> None:
        context: typer.Context = given.pop("ctx")
        if context.invoked_subcommand is not None:
            return  # A group that is a command too; one of its own commands is meant.
        as_json: bool = given.pop("as_json")
        url, token, home = given.pop("url"), given.pop("token"), given.pop("home")
        with told(as_json=as_json):
            address = find_address(url, token, home)
            transport = context.find_object(httpx.BaseTransport)
            with Router(address, transport) as router:
                function(Call(router, as_json, Screen()), **given)  # type: ignore[call-arg]

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *shared)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _shared(
    *,
    ctx: typer.Context,
    as_json: AsJson = False,
    url: Annotated[
        str | None, typer.Option("--url", help="The router's address (TIERLINE_URL).")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", help="An API token (TIERLINE_TOKEN).")
    ] = None,
    home: Annotated[
        Path | None, typer.Option("--home", help="The running stack's folder (TIERLINE_HOME).")
    ] = None,
) -> None:
    """The parameters every such command has; never called."""
