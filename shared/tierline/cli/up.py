"""`tierline up`, `down` and `status`: the development stack on this machine."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import tierline
from tierline.cli.progress import Progress
from tierline.cli.running import look_at, status_lines, stop_running
from tierline.cli.stopping import listen_for_signals, unless_stopped
from tierline.cli.summary import summary_lines
from tierline.runtime.addresses import PortMode, choose_ports
from tierline.runtime.errors import UpError
from tierline.runtime.home import Home, resolve_home
from tierline.runtime.stack import Commands, Stack

POLICY_VARIABLE = "TIERLINE_POLICY"

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Data folder (default: TIERLINE_HOME or .tierline).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """What `tierline up` was asked.

    Attributes:
        home: the data folder.
        policy: the folder to load.
        ports: fixed or auto.
        as_json: one line on standard output when ready, all else on standard error.
        commands: what to run; others in tests.
    """

    home: Path
    policy: Path
    ports: PortMode = "fixed"
    as_json: bool = False
    commands: Commands | None = None


def register(app: typer.Typer) -> None:
    """Add `up`, `down` and `status` to the command line.

    Args:
        app: the application to add them to.
    """
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)


def up(
    *,
    as_json: JsonOption = False,
    ports: Annotated[
        str, typer.Option("--ports", help="fixed (8080 to 8087) or auto (any free ones).")
    ] = "fixed",
    home: HomeOption = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Policy folder (default: TIERLINE_POLICY).")
    ] = None,
) -> None:
    """Start everything on this machine and keep it up until Ctrl-C."""
    if ports not in {"fixed", "auto"}:
        raise typer.BadParameter("it is either fixed or auto", param_hint="--ports")

    def start() -> int:
        options = UpOptions(
            home=resolve_home(home),
            policy=find_policy(policy),
            ports="auto" if ports == "auto" else "fixed",
            as_json=as_json,
        )
        return run_up(options)

    raise typer.Exit(told_plainly(start))


def down(*, home: HomeOption = None) -> None:
    """Stop the copy that runs from the data folder and wait until it has ended."""
    raise typer.Exit(told_plainly(lambda: stop_running(Home(resolve_home(home)))))


def status(*, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Say whether a copy runs, where it answers and which parts are ready; 1 when not all are."""
    report = asyncio.run(look_at(Home(resolve_home(home))))
    for line in [json.dumps(report)] if as_json else status_lines(report):
        sys.stdout.write(line + "\n")
    raise typer.Exit(0 if report["ready"] else 1)


def find_policy(chosen: Path | None) -> Path:
    """Find the policy folder: the argument, else TIERLINE_POLICY, else `policy` here or beside us.

    Args:
        chosen: from the command line, or None.

    Returns:
        An absolute path.

    Raises:
        UpError: there is none.
    """
    named = chosen or Path(os.environ.get(POLICY_VARIABLE) or "policy")
    checkout = Path(tierline.__file__).parents[2] / "policy"
    candidates = [named] if named != Path("policy") else [named, checkout]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate.absolute()
    raise UpError(
        f"There is no policy folder at {named.absolute()}.",
        f"Name one with --policy or {POLICY_VARIABLE}.",
    )


def told_plainly(action: Callable[[], int]) -> int:
    """Run an action; turn an expected failure into two lines on standard error.

    Args:
        action: returns an exit code.

    Returns:
        Its exit code, or 1 after an expected failure.
    """
    try:
        return action()
    except UpError as error:
        sys.stderr.write(f"tierline: {error.message}\n  {error.remedy}\n")
        return 1


def run_up(options: UpOptions) -> int:
    """Run the stack until it is told to stop.

    Args:
        options: what was asked.

    Returns:
        The exit code: 0 after a requested stop.

    Raises:
        UpError: something outside stands in the way.
    """
    progress = Progress(Console(stderr=options.as_json))
    home = Home(options.home)
    try:
        return asyncio.run(_hold_home(home, options, progress))
    except OSError as error:
        raise UpError(
            f"The data folder {options.home} cannot be used: {error.strerror or error}.",
            "Check the disk's free space and the folder's owner.",
        ) from error
    finally:
        progress.quiet()


async def _hold_home(home: Home, options: UpOptions, progress: Progress) -> int:
    stop = asyncio.Event()
    stacks: list[Stack] = []
    listen_for_signals(stop, stacks)
    home.prepare()
    home.lock()
    try:
        for name in await asyncio.to_thread(home.end_leftovers):
            progress.line(f"  ended {name}, left over from a copy that was killed")
        ports = choose_ports(options.ports, home.remembered_ports())
        home.remember_ports(ports)
        stack = Stack(
            home,
            ports,
            options.policy,
            on_step=progress.step,
            on_change=progress.change,
            commands=options.commands,
        )
        stacks.append(stack)
        return await _run_until_stopped(stack, stop, options, progress)
    finally:
        home.clear_run_state()
        home.unlock()


async def _run_until_stopped(
    stack: Stack, stop: asyncio.Event, options: UpOptions, progress: Progress
) -> int:
    try:
        ready = await unless_stopped(stack.start(), stop)
        if ready is not None:
            progress.up()
            _present(ready, options, progress)
            await unless_stopped(stack.supervisor.watch(), stop)
    finally:
        progress.quiet()
        if stop.is_set():
            progress.line("stopping")
        await stack.stop()
    progress.line("stopped; the data stays in " + str(options.home))
    return 0


def _present(ready: dict[str, Any], options: UpOptions, progress: Progress) -> None:
    if options.as_json:
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        return
    for line in summary_lines(ready):
        progress.line(line)
