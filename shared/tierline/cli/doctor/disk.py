"""Whether there is room."""

import shutil
from pathlib import Path

from tierline.cli.doctor.finding import Finding, fail, ok, skipped, warn
from tierline.cli.doctor.limits import DISK_WARN_BYTES
from tierline.cli.doctor.patient import Patient
from tierline.runtime.home import LOWEST_FREE_BYTES

NAME = "disk"


async def room(patient: Patient) -> list[Finding]:
    """The disks of the data folder and of the backups, where they are on this machine."""
    places = [place for place in (patient.around.home, patient.around.backups) if place]
    found = [judge(place, shutil.disk_usage(place).free) for place in places if place.is_dir()]
    return found or [skipped(NAME, "no data folder on this machine; watch the database's disk")]


def judge(place: Path, free: int) -> Finding:
    """A finding about a folder whose disk has so many bytes left."""
    said = f"{free / 2**30:.1f} GB left for {place}"
    remedy = "Free some space, or move the folder: a full disk stops PostgreSQL, and all with it."
    if free < LOWEST_FREE_BYTES:
        return fail(NAME, said, remedy)
    return warn(NAME, said, remedy) if free < DISK_WARN_BYTES else ok(NAME, said)
