"""What one sees while a replay runs."""

import io
from datetime import timedelta

import pytest
from rich.console import Console

from tests.replay.test_steps import HELD, WORK, planned
from tierline.cli.replaying import watch as watching
from tierline.cli.replaying.database import Backlog
from tierline.cli.replaying.feed import Feeder
from tierline.cli.replaying.watch import Watch

PLAN = planned(WORK, HELD, WORK)


async def nobody(*_):
    raise AssertionError("nothing is asked")


def watched(*, terminal: bool) -> tuple[io.StringIO, Feeder, Watch]:
    said = io.StringIO()
    feeder = Feeder.of(PLAN, nobody, nobody, {"C1/2/0"}, jobs=2)
    return said, feeder, Watch(Console(file=said, force_terminal=terminal, width=200), feeder)


@pytest.mark.parametrize("terminal", [False, True], ids=["a file", "a terminal"])
def test_it_says_incidents_commands_speed_date_and_what_is_left(monkeypatch, terminal):
    monkeypatch.setattr(watching, "SAY_EVERY_S", 0.0)
    said, feeder, watch = watched(terminal=terminal)
    feeder.fed.sent = 1
    watch.fed()
    watch.left(Backlog(due=0, outbox=3, unseen=0, notices=2, messages=0))
    if watch._bar is not None:
        watch._bar.refresh()
    watch.close()
    text = said.getvalue()
    if not terminal:
        assert "0 of 1 incidents, 1 of 4 commands" in text
        assert f"/s, {PLAN.start:%Y-%m-%d}, 0 min" in text
    assert "3 messages on their way to the broker, 2 notices without an outcome" in text


def test_where_nobody_watches_it_is_said_now_and_then_only(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    said, _, watch = watched(terminal=False)
    for _ in range(25):
        now[0] += 1.0
        watch.fed()
    assert said.getvalue().count("incidents") == 2


def test_the_rest_is_reckoned_from_the_speed_of_this_run(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    said, feeder, watch = watched(terminal=False)
    now[0] = timedelta(minutes=2).total_seconds()
    feeder.fed.sent, feeder.fed.commands = 1, 2
    watch.fed()
    assert "2 of 4 commands, 0/s" in said.getvalue()
    assert "4 min 00 s left" in said.getvalue()
