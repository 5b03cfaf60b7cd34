"""What the chart is rendered to and kept, so that who has no Helm can apply it and CI can judge it.

`python -m tests.deploy.rendered --write` renders anew (`make manifests`); it needs helm.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.product import ROOT

OWN_HELM = Path(sys.executable).parent / "helm"
CHART = ROOT / "deploy" / "helm" / "tierline"
PLAIN = ROOT / "deploy" / "manifests" / "tierline.yaml"
EVERYTHING = ROOT / "tests" / "deploy" / "everything.yaml"
VALUES = ROOT / "tests" / "deploy" / "everything-values.yaml"
SECONDS = 60

RENDERED: dict[Path, list[str]] = {
    PLAIN: ["--set", "migrations.mode=job", "--skip-tests"],
    EVERYTHING: [
        *("--values", str(VALUES.relative_to(ROOT))),
        *("--api-versions", "keda.sh/v1alpha1"),
    ],
}
"""By file: the arguments. The second one has every option on."""

HEADS = {
    PLAIN: """\
# Tierline without Helm: rendered from deploy/helm/tierline by `make manifests`, never edited.
# What to have before, and how to change a value: docs/guides/kubernetes.md, "Without Helm".
""",
    EVERYTHING: "# Every option of the chart at once, by `make manifests`: for the tests here.\n",
}


def helm() -> str | None:
    """The program, where there is one: named, on the PATH, or fetched by `tests.deploy.fetch`."""
    own = str(OWN_HELM) if OWN_HELM.exists() else None
    return os.environ.get("HELM") or shutil.which("helm") or own


def template(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Render the chart as release and namespace `tierline`."""
    return run_helm("template", "tierline", str(CHART), "--namespace", "tierline", *arguments)


def run_helm(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """What helm says."""
    program = helm()
    assert program
    return subprocess.run(
        [program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def render(file: Path) -> str:
    """What a kept file should hold."""
    done = template(*RENDERED[file])
    if done.returncode:
        raise SystemExit(done.stderr)
    return f"{HEADS[file]}{mark()}\n{done.stdout}"


def mark() -> str:
    """The line by which a kept file says of which chart it is: seen without helm, too."""
    digest = hashlib.sha256()
    for path in sorted([*(it for it in CHART.rglob("*") if it.is_file()), VALUES]):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return f"# Chart and values: sha256 {digest.hexdigest()}"


def objects(file: Path) -> list[dict[str, Any]]:
    """The objects of a file of manifests."""
    return [it for it in yaml.safe_load_all(file.read_text()) if it]


def main(arguments: list[str]) -> int:
    """Write the files; 2 where helm is missing."""
    if arguments != ["--write"] or not helm():
        sys.stderr.write("usage: python -m tests.deploy.rendered --write (needs helm or HELM)\n")
        return 2
    for file in RENDERED:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(render(file))
        sys.stdout.write(f"wrote {file.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
