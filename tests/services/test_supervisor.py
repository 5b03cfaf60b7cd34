"""Children of the supervisor are real processes: killed, restarted, stopped, never left behind."""

import asyncio
import contextlib
import os
import signal
import sys

import pytest

from tierline.runtime.errors import UpError
from tierline.runtime.process import LOG_ROTATE_BYTES, Child, ChildSpec, command_line, run_to_end
from tierline.runtime.supervisor import ChildState, RestartPolicy, Supervisor, Transition

SLEEPER = "import time; time.sleep(600)"
QUICK = RestartPolicy(first_pause_seconds=0.01, probe_pause_seconds=0.01, starts_before_giving_up=3)
START_SECONDS = 30.0


def python(code: str, name: str = "child", **options: object) -> ChildSpec:
    return ChildSpec(name=name, argv=[sys.executable, "-c", code], **options)  # type: ignore[arg-type]


@pytest.fixture
def seen() -> list[Transition]:
    return []


@pytest.fixture
async def supervisor(seen: list[Transition]):
    made = Supervisor(seen.append, QUICK)
    yield made
    await made.stop()


def states(seen: list[Transition], name: str = "child") -> list[ChildState]:
    return [transition.state for transition in seen if transition.name == name]


def is_running(pid: int) -> bool:
    return command_line(pid) != ""


async def test_child_killed_with_9_comes_back_as_another_process(supervisor, seen, eventually):
    await supervisor.start([python(SLEEPER)], START_SECONDS)
    first = supervisor.pids()["child"]
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: states(seen).count(ChildState.READY) == 2)
    assert supervisor.pids()["child"] != first
    died = next(transition for transition in seen if transition.state is ChildState.DIED)
    assert "signal 9" in died.detail


async def test_start_waits_until_the_probe_is_content(supervisor, seen):
    answers = iter(["not yet", "not yet", None])

    async def probe():
        return next(answers)

    await supervisor.start([python(SLEEPER, ready=probe)], START_SECONDS)
    assert list(answers) == []
    assert states(seen) == [ChildState.STARTING, ChildState.READY]


async def test_child_that_never_comes_up_is_given_up_with_its_last_words(supervisor, tmp_path):
    log = tmp_path / "child.log"
    code = "import sys; print('no such file: policy.yaml'); sys.exit(3)"
    never = python(code, log=log, ready=lambda: asyncio.sleep(0, "not up"))
    with pytest.raises(UpError, match="exit code 3") as caught:
        await supervisor.start([never], START_SECONDS)
    assert "no such file: policy.yaml" in caught.value.remedy
    assert str(log) in caught.value.remedy


async def test_child_that_is_up_and_never_ready_says_why(supervisor):
    hung = python(SLEEPER, ready=lambda: asyncio.sleep(0, "the database is away"))
    with pytest.raises(UpError, match="the database is away"):
        await supervisor.start([hung], 0.2)


async def test_program_that_does_not_exist_is_named(supervisor):
    missing = ChildSpec(name="child", argv=["/no/such/program"])
    with pytest.raises(UpError, match="/no/such/program"):
        await supervisor.start([missing], START_SECONDS)


async def test_prepare_runs_before_every_start(supervisor, seen, eventually):
    runs = []

    async def prepare():
        runs.append(len(runs))

    await supervisor.start([python(SLEEPER, prepare=prepare)], START_SECONDS)
    os.kill(supervisor.pids()["child"], signal.SIGKILL)
    await eventually(lambda: states(seen).count(ChildState.READY) == 2)
    assert runs == [0, 1]


async def test_stages_stop_in_reverse_and_nothing_is_left(supervisor, seen):
    await supervisor.start([python(SLEEPER, "database")], START_SECONDS)
    await supervisor.start([python(SLEEPER, "a"), python(SLEEPER, "b")], START_SECONDS)
    pids = supervisor.pids()
    await supervisor.stop()
    stopped = [transition.name for transition in seen if transition.state is ChildState.STOPPED]
    assert set(stopped[:2]) == {"a", "b"}
    assert stopped[2] == "database"
    assert not any(is_running(pid) for pid in pids.values())
    assert supervisor.pids() == {}


async def test_stop_during_the_pause_before_a_restart_starts_nothing(seen, eventually):
    slow = RestartPolicy(first_pause_seconds=60.0, longest_pause_seconds=60.0)
    supervisor = Supervisor(seen.append, slow)
    await supervisor.start([python(SLEEPER)], START_SECONDS)
    os.kill(supervisor.pids()["child"], signal.SIGKILL)
    await eventually(lambda: ChildState.DIED in states(seen))
    await supervisor.stop()
    assert states(seen).count(ChildState.STARTING) == 1


async def test_child_that_ignores_the_stop_is_killed_after_its_grace(tmp_path, eventually):
    ready = tmp_path / "ready"
    code = (
        "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    )
    child = Child(python(code, grace_seconds=0.2))
    await eventually(ready.exists)
    assert await child.stop() == -signal.SIGKILL


async def test_stop_reaches_grandchildren(tmp_path, eventually):
    noted = tmp_path / "grandchild"
    code = (
        "import subprocess, sys, pathlib, time;"
        f"p = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]);"
        f"f = pathlib.Path({str(noted)!r}); f.with_suffix('.new').write_text(str(p.pid));"
        "f.with_suffix('.new').rename(f); time.sleep(600)"
    )
    child = Child(python(code))
    await eventually(noted.exists)
    grandchild = int(noted.read_text())
    await child.stop()
    await eventually(lambda: not is_running(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
async def test_children_die_with_a_parent_that_is_killed(tmp_path, eventually):
    noted = tmp_path / "pid"
    code = f"""
import pathlib, sys, time
from tierline.runtime.process import Child, ChildSpec
child = Child(ChildSpec(name="c", argv=[sys.executable, "-c", {SLEEPER!r}]))
new = pathlib.Path({str(noted)!r} + ".new")
new.write_text(str(child.pid))
new.rename({str(noted)!r})
time.sleep(600)
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    try:
        await eventually(noted.exists)
        pid = int(noted.read_text())
        assert is_running(pid)
    finally:
        parent.kill()
        await parent.wait()
    await eventually(lambda: not is_running(pid))


def test_pauses_double_up_to_five_seconds():
    policy = RestartPolicy()
    pauses = [policy.pause_seconds(failures) for failures in (1, 2, 3, 7, 1000)]
    assert pauses == [0.1, 0.2, 0.4, 5.0, 5.0]


@pytest.mark.parametrize(("healthy_seconds", "grows"), [(0.0, False), (3600.0, True)])
async def test_pause_starts_over_once_a_child_was_healthy(seen, eventually, healthy_seconds, grows):
    policy = RestartPolicy(
        first_pause_seconds=0.01, probe_pause_seconds=0.01, healthy_seconds=healthy_seconds
    )
    supervisor = Supervisor(seen.append, policy)
    await supervisor.start([python(SLEEPER)], START_SECONDS)
    try:
        for restart in (1, 2):
            os.kill(supervisor.pids()["child"], signal.SIGKILL)
            await eventually(lambda n=restart: states(seen).count(ChildState.READY) == n + 1)
    finally:
        await supervisor.stop()
    details = [transition.detail for transition in seen if transition.state is ChildState.DIED]
    assert ("0.02 s" in details[1]) is grows


async def test_output_is_appended_and_a_big_log_is_set_aside(tmp_path):
    log = tmp_path / "child.log"
    spec = python("print('hello')", log=log)
    for _ in range(2):
        await Child(spec).wait(START_SECONDS)
    assert log.read_text() == "hello\nhello\n"
    log.write_bytes(b"x" * (LOG_ROTATE_BYTES + 1))
    await Child(spec).wait(START_SECONDS)
    assert log.read_text() == "hello\n"
    assert (tmp_path / "child.log.1").stat().st_size == LOG_ROTATE_BYTES + 1


async def test_watch_ends_when_a_keeper_fails_unexpectedly(supervisor, seen):
    async def broken():
        raise RuntimeError("a defect in a probe")

    with pytest.raises(RuntimeError, match="a defect in a probe"):
        await supervisor.start([python(SLEEPER, ready=broken)], START_SECONDS)
    with pytest.raises(RuntimeError, match="a defect in a probe"):
        await supervisor.watch()


async def test_run_to_end_gives_code_and_output_and_kills_what_takes_too_long(tmp_path):
    code, output = await run_to_end(python("print('out'); raise SystemExit(4)"), START_SECONDS)
    assert (code, output) == (4, "out\n")
    noted = tmp_path / "pid"
    slow = f"import os, pathlib, time; pathlib.Path({str(noted)!r}).write_text(str(os.getpid()));"
    with pytest.raises(TimeoutError):
        await run_to_end(python(slow + "time.sleep(600)"), 1.0)
    with contextlib.suppress(FileNotFoundError):
        assert not is_running(int(noted.read_text()))
