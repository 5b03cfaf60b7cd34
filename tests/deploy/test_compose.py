"""The Compose file, judged without an engine: what is started after what, and how it is held."""

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.product import ROOT, SERVICES
from tierline.runtime.settings import ServiceSettings

FOLDER = ROOT / "deploy" / "compose"
FILE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
PARTS: dict[str, dict[str, Any]] = FILE["services"]
JOBS = {"schema", "topics", "loaded"}
EXAMPLE = dict(
    line.lstrip("#").split("=", 1)
    for line in (FOLDER / ".env.example").read_text().splitlines()
    if re.match(r"#?[A-Z_]+=", line)
)


@pytest.mark.parametrize("name", [*SERVICES, *sorted(JOBS)])
def test_our_containers_are_held_tight(name):
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert part["mem_limit"]
    assert part["pids_limit"]
    assert part["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_when_all_it_stands_on_is_ready(name):
    waits = {it: how["condition"] for it, how in PARTS[name]["depends_on"].items()}
    if name == "console":
        assert waits == {"router": "service_healthy"}
        return
    assert {it for it, how in waits.items() if how == "service_healthy"} == {"postgres", "kafka"}
    done = {it for it, how in waits.items() if how == "service_completed_successfully"}
    assert done == JOBS


def test_every_server_says_when_it_is_healthy_and_every_image_has_a_fixed_tag():
    for name in ("postgres", "kafka"):
        assert PARTS[name]["healthcheck"]["test"][0] == "CMD"
    for name, part in PARTS.items():
        default = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", part["image"])
        assert re.search(r":[\w.-]+$", default), name
        assert not default.endswith(":latest"), name


def test_nobody_is_reached_from_outside_this_server_unless_asked():
    ports = [port for part in PARTS.values() for port in part.get("ports", [])]
    assert len(ports) == 4
    assert all(port.startswith("${BIND:-127.0.0.1}:") for port in ports)
    assert "ports" not in PARTS["postgres"]
    assert "ports" not in PARTS["kafka"]


def test_there_is_no_password_but_one_that_somebody_made():
    text = (FOLDER / "compose.yaml").read_text()
    assert (EXAMPLE["TIERLINE_SECRET"], EXAMPLE["POSTGRES_PASSWORD"]) == ("", "")
    for name in ("TIERLINE_SECRET", "POSTGRES_PASSWORD"):
        uses = re.findall(rf"\$\{{{name}[^}}]*\}}", text)
        assert uses
        assert all(use.startswith(f"${{{name}:?") for use in uses), name


def test_every_variable_of_the_file_is_in_the_example():
    names = set(re.findall(r"\$\{([A-Z_]+)", (FOLDER / "compose.yaml").read_text()))
    assert names - set(EXAMPLE) == {"ALLOWED_TARGETS"}


def test_the_first_start_makes_secrets_that_only_the_owner_reads_and_keeps_them(tmp_path: Path):
    for name in ("up.sh", ".env.example", "compose.yaml"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    calls = tmp_path / "calls"
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {calls}\necho token tlt_1\n')
    docker.chmod(0o755)
    said = []
    for _ in range(2):
        done = subprocess.run(
            ["bash", tmp_path / "up.sh"],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        said.append(((tmp_path / ".env").read_text(), done.stdout))
    assert said[0][0] == said[1][0]
    made = dict(line.split("=", 1) for line in said[0][0].splitlines() if re.match(r"[A-Z]", line))
    assert re.fullmatch(r"[0-9a-f]{64}", made["TIERLINE_SECRET"])
    assert re.fullmatch(r"[0-9a-f]{64}", made["POSTGRES_PASSWORD"])
    assert made["TIERLINE_SECRET"] != made["POSTGRES_PASSWORD"]
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert "up --detach --wait" in calls.read_text()
    for address in ("http://127.0.0.1:8080", "http://127.0.0.1:8081/v1/alerts", "/mail"):
        assert address in said[0][1]


def test_grace_is_longer_than_a_service_takes_to_stop():
    stops = ServiceSettings.model_fields["stop_seconds"].default
    for name in SERVICES:
        assert int(PARTS[name]["stop_grace_period"].removesuffix("s")) > stops
