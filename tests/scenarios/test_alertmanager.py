"""Debian's own Alertmanager, unmodified, fires and resolves through the whole of it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import require_or_skip
from tests.scenarios.acting import Help, instant, soon
from tests.scenarios.running import Stack

pytestmark = [pytest.mark.stack, pytest.mark.alertmanager, pytest.mark.timeout(300)]

CONFIG = """
route:
  receiver: tierline
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: tierline
    webhook_configs:
      - url: {url}
        send_resolved: true
"""


class Alertmanager:
    """A running Alertmanager; `fire` and `resolve` are what Prometheus would post."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def fire(self, **labels: str) -> None:
        self._post(labels, datetime.now(UTC) + timedelta(hours=1))

    def resolve(self, **labels: str) -> None:
        self._post(labels, datetime.now(UTC) - timedelta(seconds=1))

    def _post(self, labels: dict[str, str], ends: datetime) -> None:
        alert: dict[str, Any] = {
            "labels": labels,
            "annotations": {"summary": f"{labels['alertname']} on {labels['instance']}"},
            "startsAt": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
            "endsAt": ends.isoformat(),
        }
        httpx.post(f"{self.url}/api/v2/alerts", json=[alert], timeout=10).raise_for_status()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def alertmanager(stack: Stack) -> Iterator[Alertmanager]:
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        require_or_skip("there is no alertmanager: apt-get install prometheus-alertmanager")
        return
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="tierline-am-") as folder:
        config = Path(folder) / "alertmanager.yml"
        key = stack.key("alertmanager")
        config.write_text(CONFIG.format(url=f"{stack.url('intake')}/v1/alerts/alertmanager/{key}"))
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen(
                [
                    program,
                    f"--config.file={config}",
                    f"--storage.path={folder}/data",
                    f"--web.listen-address=127.0.0.1:{port}",
                    "--cluster.listen-address=",
                ],
                stdout=log,
                stderr=log,
                env={**os.environ, "NO_PROXY": "*"},
            )
            try:
                there = Alertmanager(port)
                _wait_ready(there, process, Path(folder) / "log")
                yield there
            finally:
                process.terminate()
                process.wait(20)


def _wait_ready(there: Alertmanager, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{there.url}/-/ready", timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_alertmanager_fires_and_resolves_through_the_whole_of_it(
    alertmanager: Alertmanager, help_: Help
):
    title = f"DiskFull{time.time_ns()}"
    labels = {
        "alertname": title,
        "instance": "hd-srv-01:9100",
        "severity": "warning",
        "client": "Harbour Dental",
    }
    alertmanager.fire(**labels)
    ticket = help_.ticket_of(title)
    number = ticket["number"]
    assert (ticket["client"], ticket["host"]) == ("Harbour Dental", "hd-srv-01")
    assert ticket["source"] == "alertmanager"
    routed = instant(help_.event(number, "routed")["at"])

    help_.jump(timedelta(minutes=31))
    escalated = help_.event(number, "escalated")
    assert instant(escalated["at"]) == routed + timedelta(minutes=30)
    assert abs((instant(escalated["recorded_at"]) - help_.now()).total_seconds()) < 60

    help_.do(number, "claim", owner="ines")
    alertmanager.resolve(**labels)
    restored = help_.event(number, "recovered")
    assert restored["what"].get("quiet_until") is None, "touched: the owner is asked instead"
    mail = soon(
        lambda: [m for m in help_.mails("ines@northwind.example") if str(number) in m["subject"]],
        "the owner reads that it recovered",
    )
    assert mail
    help_.do(number, "resolve", resolution="Old logs removed")
    alertmanager.fire(**labels)
    assert help_.event(number, "reopened")["what"]["group"] == "Network"
