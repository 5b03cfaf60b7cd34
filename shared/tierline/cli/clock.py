"""`tierline clock`: policy time; on a development stack it can be sped up, jumped and held."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from tierline.cli.call import Call, Screen, clock_now, with_router
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.moments import HOW_INSTANTS, full_time, parse_moment, parse_span, span

app = typer.Typer(invoke_without_command=True, help="Policy time: show it, speed it up, jump.")

PATH = "/v1/clock"


@app.callback()
@with_router
def clock(call: Call) -> None:
    """Show policy time, or, on a development stack, change it."""
    call.answer(call.router.get(PATH), _show)


@app.command()
@with_router
def speed(
    call: Call,
    *,
    times: Annotated[float, typer.Argument(metavar="X", help="1 is real time; 600: 10 min/s.")],
) -> None:
    """Let policy time run X times as fast as real time."""
    call.answer(call.router.post(PATH, {"speed": times}), _show)


@app.command()
@with_router
def jump(
    call: Call,
    *,
    to: Annotated[
        str, typer.Argument(metavar="SPAN|TIME", help="45m, 2h, 3d, or 14:30, or an ISO time.")
    ],
) -> None:
    """Step forward by a length of time, or to an instant; never backwards."""
    step = _step(call, to)
    if step <= timedelta(0):
        raise FailureError(
            "Policy time only goes forward, and that has passed.", HOW_INSTANTS, code=USAGE
        )
    call.answer(call.router.post(PATH, {"jump_s": step.total_seconds()}), _show)


def _step(call: Call, text: str) -> timedelta:
    if ":" in text or "-" in text:
        now = call.now()
        return parse_moment(text, now) - now
    return parse_span(text.strip().removeprefix("+"))


@app.command()
@with_router
def hold(call: Call) -> None:
    """Stop policy time where it is."""
    call.answer(call.router.post(PATH, {"held": True}), _show)


@app.command()
@with_router
def run(call: Call) -> None:
    """Let held policy time run again."""
    call.answer(call.router.post(PATH, {"held": False}), _show)


def _show(screen: Screen, clock: Mapping[str, Any]) -> None:
    now, real = clock_now(dict(clock)), datetime.fromisoformat(clock["real"])
    screen.line(f"policy time {full_time(now)}, {_pace(clock)}")
    if abs(now - real) >= timedelta(seconds=1):
        where = "ahead of" if now > real else "behind"
        screen.line(f"real time   {full_time(real)}; {span(now - real)} {where} it")


def _pace(clock: Mapping[str, Any]) -> str:
    if clock.get("replay"):
        return f"held by the replay of {clock['replay']}"
    if clock.get("held"):
        return "held"
    return "running" if clock["speed"] == 1 else f"running {clock['speed']:g} times as fast"
