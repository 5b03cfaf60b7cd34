"""A base backup against its manifest, for where `pg_verifybackup` does not run.

That of PostgreSQL's wheel (18.4) ends with a segmentation fault, whatever it is asked. This one
looks at each file's length and SHA-256, and for files that the manifest does not know; it does not
read the log, which the restore does.

    python verify_backup.py FOLDER
"""

import hashlib
import json
import sys
from pathlib import Path

UNLISTED = ("pg_wal/", "backup_manifest", "postgresql.auto.conf", "standby.signal")
"""What `pg_verifybackup` passes over as well: the log, and what is written after a backup."""


def faults(folder: Path) -> list[str]:
    """What differs from the manifest, in words."""
    listed = {
        entry["Path"]: entry
        for entry in json.loads((folder / "backup_manifest").read_bytes())["Files"]
    }
    found = [wrong for name, entry in listed.items() if (wrong := _wrong(folder / name, entry))]
    here = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    extra = [name for name in here if name not in listed and not name.startswith(UNLISTED)]
    return found + [f"{name} is not in the manifest" for name in extra]


def _wrong(file: Path, entry: dict[str, object]) -> str:
    if not file.is_file():
        return f"{file.name} is missing"
    content = file.read_bytes()
    if len(content) != entry["Size"]:
        return f"{file.name} has {len(content)} bytes, not {entry['Size']}"
    if entry["Checksum-Algorithm"] != "SHA256":
        return f"{file.name}: ask for --manifest-checksums=SHA256"
    same = hashlib.sha256(content).hexdigest() == entry["Checksum"]
    return "" if same else f"{file.name} is another than was backed up"


if __name__ == "__main__":
    said = faults(Path(sys.argv[1]))
    sys.stderr.writelines(f"{line}\n" for line in said)
    if not said:
        sys.stdout.write("backup successfully verified\n")
    raise SystemExit(bool(said))
