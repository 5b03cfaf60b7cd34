"""The public contracts that are generated files, and what prints each.

python -m tests.contract.generated --check    # 1 if a file differs from what the code says
python -m tests.contract.generated --write    # `make contracts`
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = Path("docs/reference")
LONGEST_SECONDS = 60

PRINTED_BY: dict[str, list[str]] = {
    "asyncapi.json": ["-m", "tierline.messages.asyncapi"],
    "cli.md": ["-m", "tierline.cli.reference"],
    "due-lines.schema.json": ["-m", "tierline.messages.due_lines.schema"],
    "metrics.md": ["-m", "tests.contract.metrics"],
    "openapi.json": ["-m", "router.openapi"],
    "openapi-intake.json": ["-m", "intake.openapi"],
    "policy-schema.json": ["-m", "tierline.policy.schema"],
    "replay-mapping-schema.json": ["-m", "tierline.replay.schema"],
    "states.md": ["-m", "tests.domain.states"],
}


def printed(name: str) -> str:
    """What the code says the file holds. Raises RuntimeError if it cannot be printed."""
    done = subprocess.run(
        [sys.executable, *PRINTED_BY[name]],
        cwd=ROOT,
        # What is written down depends neither on a terminal's width nor on its colours.
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(PRINTED_BY[name])} failed:\n{done.stderr[-1500:]}")
    return done.stdout


def drifted(name: str) -> str:
    """Why the file is not what the code says; empty when it is."""
    file = ROOT / REFERENCE / name
    try:
        text = printed(name)
    except RuntimeError as error:
        return str(error)
    if not file.exists():
        return "is missing; run `make contracts`"
    if file.read_text() != text:
        return "differs from what the code says; run `make contracts` and look at the difference"
    return ""


def write(name: str) -> None:
    """Write one file anew."""
    (ROOT / REFERENCE / name).write_text(printed(name))
    print(f"wrote {REFERENCE / name}")


def main(arguments: list[str]) -> int:
    """Check or write all of them."""
    if arguments == ["--write"]:
        for name in PRINTED_BY:
            write(name)
        return 0
    if arguments != ["--check"]:
        print(__doc__)
        return 2
    wrong = {name: why for name in PRINTED_BY if (why := drifted(name))}
    for name, why in wrong.items():
        print(f"{REFERENCE / name}: {why}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
