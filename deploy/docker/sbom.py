"""Writes what is installed beside it as a CycloneDX 1.5 document: `sbom.py NAME VERSION LOCK`.

Run by the image's own Python, so that it lists what is there; the lock gives the hashes.
Standard library only.
"""

import hashlib
import json
import re
import sys
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

SPEC = "1.5"


def normal(name: str) -> str:
    """The name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def hashes_of(lock: str) -> dict[str, list[str]]:
    """SHA-256 of every file the lock takes for a package, by normalised name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in lock.splitlines():
        if start := re.match(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", line):
            name = normal(start[1])
        found.setdefault(name, []).extend(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
    return found


def component(it: metadata.Distribution, hashes: dict[str, list[str]]) -> dict[str, Any]:
    """One package that is installed."""
    name, version = normal(it.metadata["Name"]), it.version
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
    }
    licence = it.metadata.get("License-Expression")
    if licence:
        made["licenses"] = [{"expression": licence}]
    elif text := (it.metadata.get("License") or "").strip().splitlines()[:1]:
        made["licenses"] = [{"license": {"name": text[0]}}]
    if len(hashes.get(name, [])) == 1:  # else one of several files, and which is not known here
        made["hashes"] = [{"alg": "SHA-256", "content": hashes[name][0]}]
    return made


def requires(it: metadata.Distribution, there: dict[str, str]) -> list[str]:
    """References of what an installed package asks for and is installed too."""
    asked = {
        normal(match[0])
        for text in it.requires or []
        if (match := re.match(r"[A-Za-z0-9._-]+", text))
    }
    return sorted(there[name] for name in asked & set(there))


def document(name: str, version: str, lock: str) -> dict[str, Any]:
    """The whole document; the same bytes for the same packages."""
    found = {normal(it.metadata["Name"]): it for it in metadata.distributions()}
    hashes = hashes_of(lock)
    components = [component(found[key], hashes) for key in sorted(found)]
    there = {it["name"]: it["bom-ref"] for it in components}
    digest = hashlib.sha256(json.dumps(components, sort_keys=True).encode()).hexdigest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "serialNumber": f"urn:uuid:{uuid.UUID(digest[:32])}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "container",
                "bom-ref": f"tierline/{name}@{version}",
                "name": f"tierline/{name}",
                "version": version,
            }
        },
        "components": components,
        "dependencies": [
            {"ref": there[key], "dependsOn": requires(found[key], there)} for key in sorted(found)
        ],
    }


def main(arguments: list[str]) -> int:
    """Print the document."""
    name, version, lock = arguments
    made = document(name, version, Path(lock).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(made, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
