"""The data folder: one copy at a time, private secrets, clear refusals."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tierline.runtime.addresses import FIXED_PORTS, choose_ports, port_variable, urls
from tierline.runtime.errors import UpError
from tierline.runtime.home import Home, resolve_home
from tierline.runtime.ports import HIGHEST_AUTO_PORT, find_free_port, port_is_free
from tierline.runtime.process import Child, ChildSpec, command_line

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made


@pytest.fixture
def taken_port():
    port = find_free_port()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        yield port


def free_fixed(ports: dict[str, int]) -> dict[str, str]:
    """Variables that put every part on a free port, so that no test depends on 8080."""
    return {port_variable(name): str(port) for name, port in ports.items()}


def test_second_copy_is_refused_naming_process_folder_and_remedy(home: Home):
    code = (
        "import pathlib, sys, time\n"
        "from tierline.runtime.home import Home\n"
        f"home = Home(pathlib.Path({str(home.folder)!r}))\n"
        "home.lock()\nprint('locked', flush=True)\ntime.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"locked\n"
            assert home.is_held()
            with pytest.raises(UpError) as caught:
                home.lock()
        finally:
            other.kill()
    assert str(other.pid) in caught.value.message
    assert str(home.folder) in caught.value.message
    assert f"tierline down --home {home.folder}" in caught.value.remedy
    home.lock()  # the killed copy's lock went with it
    assert home.holder() == os.getpid()
    home.unlock()
    assert not home.is_held()
    assert home.holder() is None


def test_nearly_full_disk_is_refused_with_figures(tmp_path: Path):
    full = Home(tmp_path / "home", free_bytes=lambda folder: 120 * 2**20)
    with pytest.raises(UpError, match=r"120 MB left.*at least 500 MB"):
        full.prepare()


def test_unwritable_folder_is_refused(tmp_path: Path):
    """A file in the way is the one obstacle that stops root as well."""
    (tmp_path / "home").write_text("")
    with pytest.raises(UpError, match="cannot be written") as caught:
        Home(tmp_path / "home").prepare()
    assert "TIERLINE_HOME" in caught.value.remedy


def test_secret_is_made_once_and_private(home: Home):
    secret = home.secret()
    assert len(bytes.fromhex(secret)) == 32
    assert Home(home.folder).secret() == secret
    assert stat.S_IMODE((home.folder / "secrets.json").stat().st_mode) == 0o600


def test_damaged_secrets_file_is_replaced(home: Home):
    (home.folder / "secrets.json").write_text("{ half")
    assert len(home.secret()) == 64


def test_run_state_is_private_and_gone_after_clearing(home: Home):
    home.write_run_state({"ready": True, "token": "t"})
    assert home.run_state()["ready"] is True
    assert stat.S_IMODE((home.folder / "run.json").stat().st_mode) == 0o600
    home.clear_run_state()
    assert home.run_state() == {}


async def test_a_child_of_a_parent_in_the_background_can_be_asked_to_stop():
    """A shell lets what it starts in the background ignore SIGINT, and children inherit that."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = Child(ChildSpec(name="router", argv=SLEEPER))
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        os.kill(child.pid, signal.SIGINT)
        await asyncio.wait_for(child.wait(), 60)
        assert child.exit_code in {-signal.SIGINT, 1}
    finally:
        await child.kill()


async def test_leftover_children_are_ended_and_strangers_are_not(home: Home, eventually):
    ours = Child(ChildSpec(name="router", argv=SLEEPER))
    stranger = Child(ChildSpec(name="stranger", argv=[*SLEEPER, "other"]))
    try:
        home.record_children({"router": ours.pid, "notifier": stranger.pid})
        noted = home.folder / "children.json"
        # The stranger's number is noted, but with another program's command line.
        noted.write_text(noted.read_text().replace("time.sleep(600) other", "time.sleep(600) was"))
        ended, _ = await asyncio.gather(asyncio.to_thread(home.end_leftovers, 5.0), ours.wait())
        assert ended == ["router"]
        assert ours.exit_code in {-signal.SIGINT, 1}
        assert stranger.exit_code is None
        assert not noted.exists()
    finally:
        await ours.kill()
        await stranger.kill()


def test_command_line_of_nobody_is_empty():
    assert command_line(2**22 + 1) == ""


def test_home_comes_from_argument_then_variable_then_here(monkeypatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIERLINE_HOME", raising=False)
    assert resolve_home() == tmp_path / ".tierline"
    monkeypatch.setenv("TIERLINE_HOME", str(tmp_path / "elsewhere"))
    assert resolve_home() == tmp_path / "elsewhere"
    assert resolve_home(Path("given")) == tmp_path / "given"


def test_taken_port_is_named_with_both_ways_out(taken_port: int):
    ports = {name: find_free_port() for name in FIXED_PORTS} | {"router": taken_port}
    with pytest.raises(UpError) as caught:
        choose_ports("fixed", {}, free_fixed(ports))
    assert f"Port {taken_port}" in caught.value.message
    assert "router" in caught.value.message
    assert "--ports auto" in caught.value.remedy
    assert "TIERLINE_PORT_ROUTER" in caught.value.remedy


def test_auto_takes_remembered_ports_where_they_are_free(taken_port: int):
    first = choose_ports("auto", {}, {})
    assert len(set(first.values())) == len(FIXED_PORTS)
    assert all(port <= HIGHEST_AUTO_PORT and port_is_free(port) for port in first.values())
    second = choose_ports("auto", {**first, "console": taken_port}, {})
    assert second["console"] != taken_port
    assert {**second, "console": 0} == {**first, "console": 0}


def test_variable_sets_one_port_in_auto_mode():
    port = find_free_port()
    assert choose_ports("auto", {}, {"TIERLINE_PORT_SLA_TIMER": str(port)})["sla-timer"] == port


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "80.5"])
def test_variable_that_is_no_port_is_named(text: str):
    with pytest.raises(UpError, match="TIERLINE_PORT_INTAKE"):
        choose_ports("auto", {}, {"TIERLINE_PORT_INTAKE": text})


def test_one_port_for_two_parts_is_refused():
    port = str(find_free_port())
    doubled = {"TIERLINE_PORT_INTAKE": port, "TIERLINE_PORT_ROUTER": port}
    with pytest.raises(UpError, match="both intake and router"):
        choose_ports("auto", {}, doubled)


def test_remembered_ports_survive(home: Home):
    home.remember_ports({"console": 20_000})
    assert Home(home.folder).remembered_ports() == {"console": 20_000}


def test_addresses_name_every_service():
    named = urls(FIXED_PORTS)
    assert named["console"] == "http://127.0.0.1:8080"
    assert named["sla_timer"] == "http://127.0.0.1:8083"
    assert {"intake", "router", "notifier", "mail"} <= named.keys()
