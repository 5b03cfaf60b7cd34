"""`tierline`: the one command line."""

import contextlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tierline.cli.commands import Commands
from tierline.cli.failures import USAGE, FailureError, tell
from tierline.runtime.errors import UpError

NAME = "tierline"


class TierlineGroup(TyperGroup):
    """Ends every expected failure with two lines: what is wrong, what to do."""

    def __init__(self, **settings: Any) -> None:
        """A group with every command; `settings` are typer's."""
        super().__init__(**settings)
        self.commands: Any = Commands()

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - the overridden method's
        windows_expand_args: bool = True,  # noqa: FBT001, FBT002 - likewise
        **extra: Any,
    ) -> Any:
        """Run the command line; as the overridden one, but for how failures are told."""
        try:
            outcome = super().main(
                args=args,
                prog_name=prog_name,
                complete_var=complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except UpError as error:
            outcome = tell(error)
        except typer.TyperException as error:
            as_json = "--json" in (sys.argv[1:] if args is None else args)
            outcome = _tell_usage(error, as_json=as_json)
        except typer.Abort:
            outcome = 1
        if standalone_mode:
            _flush()
            sys.exit(outcome if isinstance(outcome, int) else 0)
        return outcome


def _tell_usage(error: typer.TyperException, *, as_json: bool) -> int:
    """Two lines about a command that was not called as it should be.

    A group called without a command has shown its help by now, and has no message.
    """
    message = error.format_message().strip().replace("Value error, ", "")
    if not message:
        return USAGE
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else NAME
    failure = FailureError(message, f"See `{path} --help`.", code=USAGE)
    failure.as_json = as_json
    return tell(failure)


def _flush() -> None:
    # Whoever read the output may have gone (`tierline tickets list | head`).
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {version(NAME)}")
        raise typer.Exit


app = typer.Typer(
    name=NAME,
    cls=TierlineGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Tickets that reach the right people before a promise is broken.",
)


@app.callback()
def root(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            is_eager=True,
            callback=lambda value: _version(wanted=value),
        ),
    ] = False,
) -> None:
    """Tickets that reach the right people before a promise is broken."""


def main() -> None:
    """Run the command line and end the process."""
    app(prog_name=NAME)


if __name__ == "__main__":
    main()
