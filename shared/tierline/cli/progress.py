"""Shows a start as it happens: a live line on a terminal, plain lines elsewhere."""

import time

from rich.console import Console
from rich.status import Status

from tierline.runtime.stack import Step
from tierline.runtime.supervisor import ChildState, Transition


class Progress:
    """Prints steps and what becomes of children.

    Args:
        console: where to; a live line is shown only when it is a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._live: Status | None = None
        self._up = False

    def line(self, text: str) -> None:
        """Print one line as it is.

        Args:
            text: no markup is read from it.
        """
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def step(self, step: Step) -> None:
        """Show that a step of the start begins or is done."""
        if not step.done:
            self._began = time.monotonic()
            self._wait(f"starting: {step.title}")
            return
        self.quiet()
        self.line(f"  {step.title}: ready after {time.monotonic() - self._began:.1f} s")

    def change(self, transition: Transition) -> None:
        """Show what became of a child; during the start only what went wrong."""
        if transition.state is ChildState.DIED:
            self.line(f"  {transition.name}: {transition.detail}")
        elif transition.state is ChildState.READY and self._up:
            self.line(f"  {transition.name}: back (process {transition.pid})")

    def up(self) -> None:
        """Say that from now on every change is news."""
        self._up = True

    def quiet(self) -> None:
        """End the live line."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _wait(self, text: str) -> None:
        if not self._console.is_terminal:
            self.line(text)
            return
        self.quiet()
        self._live = self._console.status(text)
        self._live.start()
