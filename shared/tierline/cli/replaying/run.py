"""One replay from its start to its report: the stack around it, the feeding, the end."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from tierline.cli.progress import Progress
from tierline.cli.replaying.database import Begun, Books, begin
from tierline.cli.replaying.drain import drain, make_room, patiently
from tierline.cli.replaying.feed import Feeder
from tierline.cli.replaying.figures import figures, unmapped
from tierline.cli.replaying.folder import ReplayFolder, Standing
from tierline.cli.replaying.inputs import Inputs, policy_folder
from tierline.cli.replaying.limits import LOOK_EVERY_S
from tierline.cli.replaying.post import posting
from tierline.cli.replaying.shown import unmapped_lines
from tierline.cli.replaying.watch import Watch
from tierline.cli.stopping import listen_for_signals, unless_stopped
from tierline.runtime.addresses import choose_ports
from tierline.runtime.home import Home
from tierline.runtime.stack import Commands, Stack

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it (128 + SIGINT)."""


@dataclass(slots=True)
class Run:
    """One start of a replay.

    Attributes:
        inputs: what is replayed.
        folder: where; checked by the caller.
        jobs: requests under way at once.
        again: forget what an ended replay recorded, and compare both ends.
        console: where progress is shown.
        report: set once it is over.
    """

    inputs: Inputs
    folder: ReplayFolder
    jobs: int
    again: bool
    console: Console
    report: dict[str, Any] | None = None
    _begun: Begun | None = None
    _url: str = ""
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def go(self) -> bool:
        """Run it to its end. False: it was interrupted, and can be resumed.

        Raises:
            UpError: something outside stands in the way.
        """
        # Of a database that is being brought back asyncpg warns in pages; we say it in a line.
        logging.getLogger("asyncpg").setLevel(logging.ERROR)
        home = Home(self.folder.folder)
        stacks: list[Stack] = []
        listen_for_signals(self._stop, stacks)
        home.prepare()
        home.lock()
        try:
            await asyncio.to_thread(home.end_leftovers)
            standing = self.folder.begin(self.inputs, self.folder.check(self.inputs))
            self._say_what_was_not_taken()
            if self.again:
                standing = await asyncio.to_thread(self.folder.again, standing)
            stack = await asyncio.to_thread(self._stack, home)
            stacks.append(stack)
            return await self._on(stack, standing)
        finally:
            home.clear_run_state()
            home.unlock()

    def _say_what_was_not_taken(self) -> None:
        """At the start, where a mapping can still be mended before a long run."""
        if self.inputs.plan.reasons:
            for line in unmapped_lines(unmapped(self.inputs.plan)):
                self._say(f"  {line}")

    def _stack(self, home: Home) -> Stack:
        progress = Progress(self.console)
        ports = choose_ports("auto", home.remembered_ports())
        home.remember_ports(ports)
        load = (*Commands().load, "--year", str(self.inputs.year))
        return Stack(
            home,
            ports,
            policy_folder(self.inputs, self.folder.policy),
            on_step=progress.step,
            on_change=progress.change,
            commands=Commands(load=load),
            before_services=self._begin,
        )

    async def _begin(self, url: str) -> None:
        self._url = url
        self._begun = await begin(url, self.inputs)

    async def _on(self, stack: Stack, standing: Standing) -> bool:
        try:
            ready = await unless_stopped(stack.start(), self._stop)
            if ready is None:
                return False
            login = ready["login"]
            self._say(f"  board: {ready['urls']['console']}")
            self._say(f"  login: {login['user']} / {login['password']}")
            done = await unless_stopped(self._replay(ready["urls"]["router"], standing), self._stop)
            return done is not None
        finally:
            if self._stop.is_set():
                self._say("stopping; the same command goes on from here")
            await stack.stop()

    async def _replay(self, router: str, standing: Standing) -> bool:
        begun = self._begun
        assert begun is not None  # noqa: S101 - the stack began it before its services
        async with posting(router, begun.token) as post, Books.opened(self._url) as books:
            feeder = Feeder.of(
                self.inputs.plan, post, lambda: patiently(books.due), begun.applied, self.jobs
            )
            self._say(_where(feeder))
            watch = Watch(self.console, feeder)
            try:
                if not begun.ended:
                    await self._feed(feeder, books, watch)
                    await drain(books, watch.left)
                    await post("/v1/replay/end", {})
                run = _run_of(feeder, watch)
            finally:
                watch.close()
            report = await patiently(lambda: figures(books, self.inputs))
        self.report = _compared(report | {"run": run}, standing)
        self.folder.end(standing, report["checks"]["state_hash"], self.report)
        return True

    async def _feed(self, feeder: Feeder, books: Books, watch: Watch) -> None:
        async def show() -> None:
            while True:
                watch.fed()
                await asyncio.sleep(LOOK_EVERY_S)

        feeding = asyncio.create_task(feeder.run())
        aside = [
            asyncio.create_task(show()),
            asyncio.create_task(make_room(books, feeder.room)),
        ]
        try:
            done, _ = await asyncio.wait([feeding, *aside], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (feeding, *aside):
                task.cancel()
            await asyncio.gather(feeding, *aside, return_exceptions=True)

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _where(feeder: Feeder) -> str:
    plan, fed = feeder.plan, feeder.fed
    if not fed.commands:
        return (
            f"replaying {len(plan.cases):,} incidents, {plan.steps:,} commands,"
            f" {plan.start:%Y-%m-%d} to {plan.end:%Y-%m-%d}"
        )
    return (
        f"going on after {fed.commands:,} of {plan.steps:,} commands,"
        f" {fed.cases:,} of {len(plan.cases):,} incidents, at {feeder.frontier:%Y-%m-%d %H:%M} UTC"
    )


def _run_of(feeder: Feeder, watch: Watch) -> dict[str, Any]:
    return {
        "seconds": round(watch.seconds, 1),
        "commands": feeder.fed.sent,
        "commands_per_s": round(watch.per_s, 1),
    }


def _compared(report: dict[str, Any], standing: Standing) -> dict[str, Any]:
    """With whether the tickets came to the same end as in the run before, where there was one."""
    earlier = standing.earlier_hash
    if earlier:
        same = earlier == report["checks"]["state_hash"]
        report["checks"] |= {"earlier_hash": earlier, "same_as_before": same}
    return report
