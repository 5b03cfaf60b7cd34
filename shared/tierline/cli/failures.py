"""Expected failures of the command line: what is wrong, what to do, an exit code."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tierline.runtime.errors import UpError

FAILED = 1
USAGE = 2
CONFLICT = 3
"""Somebody else was first, or the ticket is elsewhere now (HTTP 409)."""


class FailureError(UpError):
    """Ends a command with two lines and no traceback.

    Args:
        message: what is wrong.
        remedy: what to do about it.
        code: the exit code.
        problem: what a program reads of it under `--json`, beside both texts.
    """

    def __init__(
        self,
        message: str,
        remedy: str,
        *,
        code: int = FAILED,
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, remedy)
        self.code = code
        self.problem = dict(problem or {})
        self.as_json = False


@contextmanager
def told(*, as_json: bool) -> Iterator[None]:
    """Note on a failure that leaves this block whether a program reads the output."""
    try:
        yield
    except FailureError as error:
        error.as_json = as_json
        raise


def tell(error: UpError) -> int:
    """Print a failure: two lines on standard error, and under `--json` one document on the other.

    Args:
        error: the failure.

    Returns:
        The exit code.
    """
    sys.stderr.write(f"tierline: {error.message}\n  {error.remedy}\n")
    if isinstance(error, FailureError):
        if error.as_json:
            shown = {"error": {"message": error.message, "remedy": error.remedy, **error.problem}}
            sys.stdout.write(json.dumps(shown) + "\n")
        return error.code
    return FAILED
