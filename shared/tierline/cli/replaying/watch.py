"""How far a replay has come, for whoever watches: a bar on a terminal, plain lines elsewhere."""

import time
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from tierline.cli.replaying.database import Backlog
from tierline.cli.replaying.feed import Feeder
from tierline.cli.replaying.limits import SAY_EVERY_S


class Watch:
    """Shows the progress of one feeder.

    Args:
        console: where to; a bar is drawn only where it is a terminal.
        feeder: what is watched.
    """

    def __init__(self, console: Console, feeder: Feeder) -> None:
        self._console = console
        self._feeder = feeder
        self._steps = feeder.plan.steps
        self._began = time.monotonic()
        self._said = self._began
        self._task = TaskID(0)
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                BarColumn(30), TextColumn("{task.percentage:>3.0f} %  {task.description}"),
                console=console, transient=True,
            )  # fmt: skip
            self._task = self._bar.add_task("", total=max(1, self._steps))
            self._bar.start()

    @property
    def seconds(self) -> float:
        """Real seconds since the watch began."""
        return time.monotonic() - self._began

    @property
    def per_s(self) -> float:
        """Commands recorded a second, in this run."""
        return self._feeder.fed.sent / max(self.seconds, 0.001)

    def fed(self) -> None:
        """Show how far recording has come."""
        fed = self._feeder.fed
        left = self._steps - fed.commands
        eta = _span(left / self.per_s) if self.per_s and fed.sent else "?"
        self._show(
            f"{fed.cases:,} of {len(self._feeder.plan.cases):,} incidents, "
            f"{fed.commands:,} of {self._steps:,} commands, {self.per_s:,.0f}/s, "
            f"{self._feeder.frontier:%Y-%m-%d}, {eta} left"
        )

    def left(self, backlog: Backlog) -> None:
        """Show what is still on its way."""
        self._show(f"all recorded; on its way: {backlog.words()}")

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _show(self, text: str) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=self._feeder.fed.commands, description=text)
        elif time.monotonic() - self._said >= SAY_EVERY_S:
            self._said = time.monotonic()
            self._console.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)


def _span(seconds: float) -> str:
    whole = timedelta(seconds=round(seconds))
    return f"{whole.seconds // 60 + whole.days * 1440} min {whole.seconds % 60:02} s"
