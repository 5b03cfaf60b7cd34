"""The data folder of a replay: a fresh one, or that of the same replay, interrupted or ended."""

import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tierline.cli.failures import USAGE, FailureError
from tierline.cli.replaying.inputs import Inputs

DEFAULT_FOLDER = ".tierline-replay"
STATE = "replay.json"
REPORT = "report.json"
POLICY = "policy"
SERVERS = "postgres"
BARE = frozenset({"lock", "pid", "logs"})
"""What a folder holds that was taken and not yet used."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the folder says of itself.

    Attributes:
        digest: of log, mapping and policy.
        log: where it was, for people; likewise `mapping`.
        hash: of the tickets' states once ended, else empty; `earlier_hash`: of the run before.
        clearing: what was recorded is being removed.
    """

    digest: str
    log: str
    mapping: str
    hash: str = ""
    earlier_hash: str = ""
    clearing: bool = False


class ReplayFolder:
    """One replay's data folder.

    Args:
        folder: missing, empty, or that of a replay.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.policy = folder / POLICY
        self.report = folder / REPORT

    def check(self, inputs: Inputs) -> Standing | None:
        """Look whether this replay may use the folder; writes nothing.

        Returns:
            What it holds of the same replay; None where it is fresh.

        Raises:
            FailureError: it holds something else; exit code 2.
        """
        found = self._read()
        if found is None:
            if self.folder.exists() and {it.name for it in self.folder.iterdir()} - BARE:
                raise self._taken("something else than a replay")
            return None
        if found.digest != inputs.digest:
            raise self._taken(f"the replay of {found.log} by {found.mapping}, in other versions")
        return found

    def begin(self, inputs: Inputs, found: Standing | None) -> Standing:
        """Note in the folder what is run in it, before anything else is there."""
        if found is None:
            asked = inputs.asked
            found = Standing(inputs.digest, str(asked.log), str(asked.mapping))
            self._write(found)
        return self._cleared(found) if found.clearing else found

    def again(self, standing: Standing) -> Standing:
        """Forget all that was recorded, keeping the state hash it came to."""
        known = standing.hash or standing.earlier_hash
        self._write(replace(standing, hash="", earlier_hash=known, clearing=True))
        return self._cleared(replace(standing, hash="", earlier_hash=known))

    def _cleared(self, standing: Standing) -> Standing:
        shutil.rmtree(self.folder / SERVERS, ignore_errors=True)
        self.report.unlink(missing_ok=True)
        fresh = replace(standing, clearing=False)
        self._write(fresh)
        return fresh

    def end(self, standing: Standing, state_hash: str, report: dict[str, Any]) -> None:
        """Keep the report, and that the replay has ended."""
        _replace(self.report, report)
        self._write(replace(standing, hash=state_hash))

    def ended_report(self, standing: Standing | None) -> dict[str, Any] | None:
        """The report of a replay that has ended here; None where there is none yet."""
        if standing is None or not standing.hash:
            return None
        try:
            found: dict[str, Any] = json.loads(self.report.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def _taken(self, by: str) -> FailureError:
        return FailureError(
            f"The folder {self.folder} holds {by}.",
            "A replay needs a folder of its own: name a fresh one with --home.",
            code=USAGE,
        )

    def _read(self) -> Standing | None:
        try:
            return Standing(**json.loads((self.folder / STATE).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _write(self, standing: Standing) -> None:
        _replace(self.folder / STATE, asdict(standing))


def _replace(path: Path, content: dict[str, Any]) -> None:
    """Replace a file as a whole, and see it on the disk: a power cut leaves the old or the new."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
