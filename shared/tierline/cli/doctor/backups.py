"""Whether there is a backup, and of when."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tierline.cli.doctor.finding import Finding, fail, ok, skipped, warn
from tierline.cli.doctor.limits import BACKUP_FAIL_HOURS, BACKUP_WARN_HOURS
from tierline.cli.doctor.patient import Patient

NAME = "backups"
PATTERNS = ("*.dump", "base*/backup_manifest")
RUNBOOK = "docs/runbooks/backup-restore.md says how, and how to try it."


async def recent(patient: Patient) -> list[Finding]:
    """The newest dump or base backup in TIERLINE_BACKUPS is of the last day."""
    folder = patient.around.backups
    if folder is None:
        said = "not told where backups are"
        if patient.around.development:
            return [skipped(NAME, said, "Set TIERLINE_BACKUPS to their folder.")]
        return [warn(NAME, said, f"Set TIERLINE_BACKUPS to their folder; {RUNBOOK}")]
    newest = await asyncio.to_thread(_newest, folder)
    return [judge(folder, newest, datetime.now(UTC))]


def _newest(folder: Path) -> datetime | None:
    times = [file.stat().st_mtime for pattern in PATTERNS for file in folder.glob(pattern)]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def judge(folder: Path, newest: datetime | None, now: datetime) -> Finding:
    """A finding about the newest backup of a folder."""
    if newest is None:
        return fail(NAME, f"there is none in {folder}", RUNBOOK)
    age = now - newest
    said = f"the newest in {folder} is {age / timedelta(hours=1):.0f} h old"
    if age > timedelta(hours=BACKUP_FAIL_HOURS):
        return fail(NAME, said, f"Whatever makes them has stopped; {RUNBOOK}")
    if age > timedelta(hours=BACKUP_WARN_HOURS):
        return warn(NAME, said, f"Whatever makes them has stopped; {RUNBOOK}")
    return ok(NAME, said)
