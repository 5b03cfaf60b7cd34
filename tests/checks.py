"""Every check that needs no server, all of them even when one fails; what `make check` runs."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
LONGEST_SECONDS = 600

CHECKS: dict[str, list[str]] = {
    "format": [str(BIN / "ruff"), "format", "--check", "--output-format", "concise", "."],
    "lint": [str(BIN / "ruff"), "check", "--quiet", "--output-format", "concise", "."],
    "types": [str(BIN / "mypy"), "--no-error-summary"],
    "imports": [str(BIN / "lint-imports"), "--no-logo"],
    "contracts": [sys.executable, "-m", "tests.contract.generated", "--check"],
    "tidy and documents": [
        *(sys.executable, "-m", "pytest", "-q", "--tb=line", "--no-header"),
        *("tests/test_tidy.py", "tests/docs/test_links.py"),
    ],
}


def passes(name: str, command: list[str]) -> bool:
    """Run one check; print a line, and what it said if it failed."""
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )
    ok = done.returncode == 0
    print(f"{'ok  ' if ok else 'FAIL'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
    if not ok:
        print(done.stdout + done.stderr, flush=True)
    return ok


def main() -> int:
    """Run them all; 1 if any failed."""
    outcomes = [passes(name, command) for name, command in CHECKS.items()]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
