"""A whole stack as a user runs it: `tierline up --json`, its own data folder, free ports.

Beside it a receiver that stands for chat rooms and a PSA's webhook endpoint.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
UP_SECONDS = 120
DOWN_SECONDS = 60


@dataclass
class Receiver:
    """An HTTP endpoint that keeps what it is sent. `answer` is the status it gives, by path."""

    url: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    answer: dict[str, int] = field(default_factory=dict)

    def of(self, path: str) -> list[dict[str, Any]]:
        return [request for request in list(self.seen) if request["path"] == path]


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free loopback port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.seen.append({"path": self.path, "headers": headers, "body": body})
            self.send_response(receiver.answer.get(self.path, 200))
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256

        def handle_error(self, *_: object) -> None:
            """A sender that was killed in mid-request is what some scenarios are about."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def policy_with(folder: Path, receiver_url: str) -> Path:
    """A copy of the example policy whose rooms and one subscription lead to the receiver.

    Harbour Dental's tickets are acted on, Oakfield's moves are suggested, Tidewater's watched.
    """
    shutil.copytree(ROOT / "policy", folder)
    yaml = YAML()
    path = folder / "records.yaml"
    records = yaml.load(path)
    for name, room in records["rooms"].items():
        room["url"] = f"{receiver_url}/chat/{name}"
    records["clients"]["Oakfield Schools"]["mode"] = "suggest"
    records["clients"]["Tidewater Freight"]["mode"] = "watch"
    records["subscriptions"] = {"psa": {"url": f"{receiver_url}/psa"}}
    with path.open("w") as file:
        yaml.dump(records, file)
    return folder


@dataclass
class Stack:
    """A running stack: what `up --json` printed, and the process."""

    home: Path
    said: dict[str, Any]
    process: "subprocess.Popen[str]"
    receiver: Receiver

    @property
    def token(self) -> str:
        return str(self.said["token"])

    def url(self, name: str) -> str:
        return str(self.said["urls"][name])

    def key(self, integration: str) -> str:
        return str(self.said["integration_keys"][integration])

    def client(self) -> httpx.Client:
        """A client of the router's API with the development token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.url("router"), headers=headers, timeout=20)

    def run_json(self) -> dict[str, Any]:
        """What the data folder says of the running copy: ports and pids beside the rest."""
        found: dict[str, Any] = json.loads((self.home / "run.json").read_text())
        return found

    def tierline(self, *arguments: str) -> str:
        """Run the command line against this stack; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "tierline.cli.main", *arguments],
            env={**os.environ, "TIERLINE_HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def stop(self) -> int:
        """Ctrl-C, and wait for the clean end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.process.wait(DOWN_SECONDS)


def start(home: Path, policy: Path, receiver: Receiver) -> Stack:
    """Start a stack and wait until it says that all is ready."""
    log = (home.parent / f"{home.name}.up.log").open("a")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tierline.cli.main", "up", "--json", "--ports", "auto"),
            *("--home", str(home), "--policy", str(policy)),
        ],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    timer = threading.Timer(UP_SECONDS, process.kill)
    timer.start()
    line = process.stdout.readline()
    timer.cancel()
    log.close()
    if not line:
        process.wait(10)
        said = (home.parent / f"{home.name}.up.log").read_text()[-4000:]
        raise AssertionError(f"the stack did not come up:\n{said}")
    return Stack(home, json.loads(line), process, receiver)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """A stack in `folder` with a receiver beside it, stopped at the end."""
    folder.chmod(0o755)
    with receiving() as receiver:
        policy = policy_with(folder / "policy", receiver.url)
        stack = start(folder / "home", policy, receiver)
        try:
            yield stack
        finally:
            stack.stop()
