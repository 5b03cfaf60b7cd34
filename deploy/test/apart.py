"""`apart.py FILE FOLDER`: the objects of a file that Kubernetes itself knows, and the pod of each.

Admission judges pods and only warns of what would make them; so each one's pod is written as a pod.
"""

import sys
from pathlib import Path

import yaml

OPERATORS = ("keda.sh/", "monitoring.coreos.com/")


def main(file: str, folder: str) -> None:
    """Write objects.yaml and pods.yaml."""
    objects = [it for it in yaml.safe_load_all(Path(file).read_text(encoding="utf-8")) if it]
    objects = [it for it in objects if not it["apiVersion"].startswith(OPERATORS)]
    pods = []
    for it in objects:
        template = (
            it if it["kind"] == "Pod" else it["spec"].get("template") if "spec" in it else None
        )
        if template and "containers" in template.get("spec", {}):
            name = f"{it['kind']}-{it['metadata']['name']}".lower()
            metadata = {"name": name, "labels": template["metadata"].get("labels", {})}
            pods.append(
                {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
            )
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for name, found in (("objects", objects), ("pods", pods)):
        (out / f"{name}.yaml").write_text(
            yaml.safe_dump_all(found, sort_keys=False), encoding="utf-8"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
