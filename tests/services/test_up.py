"""`tierline up` as a process: real PostgreSQL and broker, stand-in services and commands."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tierline.cli.running import look_at, stop_running
from tierline.cli.summary import summary_lines
from tierline.messages.topics import TOPICS
from tierline.runtime.addresses import FIXED_PORTS, urls
from tierline.runtime.embedded.postgres import EmbeddedPostgres
from tierline.runtime.home import Home
from tierline.runtime.process import command_line

pytestmark = [pytest.mark.stack, pytest.mark.postgres, pytest.mark.broker]

SERVICE = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
address = ("127.0.0.1", int(os.environ["TIERLINE_PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""
LOADED = {"token": "t-1", "login": {"user": "u", "password": "p"}, "integration_keys": {"rmm": "k"}}
MAIN = """
import json, pathlib, sys
from tierline.cli.up import UpOptions, run_up, told_plainly
from tierline.runtime.stack import Commands
asked = json.loads(sys.argv[1])
python = (sys.executable, "-c")
commands = Commands(
    migrate=(*python, asked["migrate"]),
    load=(*python, asked["load"]),
    services={name: (*python, asked["service"], name)
              for name in ("intake", "router", "sla-timer", "notifier", "console")},
)
options = UpOptions(
    home=pathlib.Path(asked["home"]), policy=pathlib.Path("."), ports="auto",
    as_json=asked["as_json"], commands=commands,
)
raise SystemExit(told_plainly(lambda: run_up(options)))
"""


@dataclass
class Running:
    """One `up` under test."""

    home: Home
    process: asyncio.subprocess.Process
    ready: dict

    async def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        if self.process.returncode is None:
            self.process.send_signal(number)
        _, errors = await asyncio.wait_for(self.process.communicate(), 60)
        return self.process.returncode, errors.decode()

    def pids(self) -> dict[str, int]:
        return self.home.run_state()["pids"]


async def launch(home: Home, **asked: object) -> asyncio.subprocess.Process:
    defaults = {
        "home": str(home.folder),
        "migrate": "pass",
        "load": f"print({json.dumps(LOADED)!r})",
        "service": SERVICE,
        "as_json": True,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        MAIN,
        json.dumps({**defaults, **asked}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def up(home: Home) -> Running:
    process = await launch(home)
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    assert line, (await process.communicate())[1].decode()
    return Running(home, process, json.loads(line))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
async def running(home: Home) -> AsyncIterator[Running]:
    started = await up(home)
    yield started
    await started.end()


def database(running: Running) -> EmbeddedPostgres:
    ports = running.home.remembered_ports()
    return EmbeddedPostgres(running.home.folder / "postgres", ports["postgres"])


async def execute(running: Running, statement: str) -> None:
    connection = await asyncpg.connect(database(running).url(), timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def left_over(pids: dict[str, int]) -> list[str]:
    return [name for name, pid in pids.items() if command_line(pid)]


async def test_one_line_of_json_when_ready_and_a_clean_end(running: Running):
    assert running.ready["ready"] is True
    assert {"intake", "router", "console", "sla_timer", "notifier", "mail"} <= set(
        running.ready["urls"]
    )
    assert running.ready["token"] == "t-1"
    assert running.ready["integration_keys"] == {"rmm": "k"}
    assert running.ready["home"] == str(running.home.folder)
    report = await look_at(running.home)
    assert (report["running"], report["ready"]) == (True, True)
    pids = running.pids()
    assert set(pids) == {*FIXED_PORTS, "postgres", "broker"} - {"smtp"}
    code, errors = await running.end(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in errors
    assert left_over(pids) == []
    assert running.home.run_state() == {}
    assert not running.home.is_held()
    assert (await look_at(running.home))["running"] is False


async def test_second_start_finds_data_ports_and_secret_as_they_were(home: Home):
    first = await up(home)
    await execute(first, "CREATE TABLE kept AS SELECT 1 AS n")
    secret = home.secret()
    await first.end()
    second = await up(home)
    try:
        await execute(second, "SELECT n FROM kept")
        assert second.ready["urls"] == first.ready["urls"]
        assert home.secret() == secret
    finally:
        await second.end()


async def test_whatever_is_killed_comes_back_at_its_address(running: Running, eventually):
    before = running.pids()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    async def all_back() -> bool:
        after = running.pids()
        changed = all(after.get(name) not in {None, pid} for name, pid in before.items())
        return changed and (await look_at(running.home))["ready"]

    await eventually(all_back, seconds=60)
    await eventually(lambda: probe_is_content(running), seconds=60)
    broker = f"127.0.0.1:{running.home.remembered_ports()['broker']}"
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        assert set(await admin.list_topics()) >= set(TOPICS)
    finally:
        await admin.close()


async def probe_is_content(running: Running) -> bool:
    return await database(running).probe() is None


async def test_second_copy_is_refused_in_two_lines(running: Running):
    process = await launch(running.home)
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert output == b""
    lines = errors.decode().strip().splitlines()
    assert len(lines) == 2
    assert str(running.process.pid) in lines[0]
    assert "tierline down" in lines[1]
    assert (await look_at(running.home))["ready"] is True


async def test_kill_9_of_up_leaves_nothing_in_the_way_of_the_next(running: Running, eventually):
    pids = running.pids()
    running.process.kill()
    await running.process.wait()
    again = await up(running.home)
    try:
        assert left_over(pids) == []
        assert again.ready["urls"] == running.ready["urls"]
    finally:
        await again.end()


async def test_down_from_another_process_stops_it(running: Running, capsys):
    pids = running.pids()
    code, _ = await asyncio.gather(
        asyncio.to_thread(stop_running, running.home), running.process.wait()
    )
    assert code == 0
    assert running.process.returncode == 0
    assert left_over(pids) == []
    assert stop_running(running.home) == 0
    assert "no copy runs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"migrate": "raise SystemExit('revision 7 is unknown')"}, "revision 7 is unknown"),
        ({"load": "print('no json')"}, "token and keys"),
        ({"service": "raise SystemExit('port is mine')"}, "port is mine"),
    ],
)
async def test_step_that_fails_is_told_plainly_and_everything_stops(home: Home, asked, expected):
    process = await launch(home, **asked)
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, output) == (1, b"")
    assert expected in errors.decode()
    assert "Traceback" not in errors.decode()
    assert not (home.folder / "postgres" / "data" / "postmaster.pid").exists()
    assert not home.is_held()


async def test_stop_in_the_middle_of_the_start_is_clean(home: Home, eventually):
    process = await launch(home, migrate="import time; time.sleep(600)")
    await eventually((home.logs / "migrate.log").exists, seconds=60)
    children = json.loads((home.folder / "children.json").read_text())
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    assert "Traceback" not in errors.decode()
    assert left_over({name: entry["pid"] for name, entry in children.items()}) == []


async def test_without_json_the_summary_goes_to_standard_output(home: Home):
    process = await launch(home, as_json=False)
    lines = []
    while "Ctrl-C" not in (
        line := (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
    ):
        assert line, (await process.communicate())[1].decode()
        lines.append(line)
    process.send_signal(signal.SIGINT)
    rest, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    shown = "".join(lines)
    assert "PostgreSQL: ready" in shown
    assert "login     u / p" in shown
    assert "stopped" in rest.decode()


def test_summary_gives_three_commands_and_a_way_to_the_docs(tmp_path: Path):
    ready = {**LOADED, "urls": urls(FIXED_PORTS), "home": str(tmp_path)}
    text = "\n".join(summary_lines(ready))
    assert "http://127.0.0.1:8082/docs" in text
    assert "http://127.0.0.1:8081/v1/alerts -H 'Authorization: Bearer k'" in text
    assert "tickets list" in text
    assert "clock jump 45m" in text
