"""What every manifest must keep to, judged in Python: the restricted profile of Kubernetes'
pod security standards, and rules of our own. Each gives what is wrong, by name."""

import re
from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]

RESTRICTED_VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim"),
    *("projected", "secret"),
}
BYTES = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 10**3, "M": 10**6, "G": 10**9}


def named(it: Object) -> str:
    """Kind and name."""
    return f"{it['kind']} {it['metadata']['name']}"


def pod_of(it: Object) -> Object | None:
    """The pod that an object makes, or None."""
    if it["kind"] == "Pod":
        return dict(it["spec"])
    template = it.get("spec", {}).get("template", {}) if it["kind"] in {"Deployment", "Job"} else {}
    return template.get("spec")


def containers(pod: Object) -> list[Object]:
    """All that a pod runs, before and during."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def unrestricted(pod: Object) -> Iterator[str]:
    """Where a pod is outside the restricted profile."""
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield f"{name} is on"
    for volume in pod.get("volumes", []):
        if not (set(volume) - {"name"}) <= RESTRICTED_VOLUMES:
            yield f"volume {volume['name']} is of a forbidden type"
    whole = pod.get("securityContext", {})
    for container in containers(pod):
        own = container.get("securityContext", {})
        both = {**whole, **own}
        name = container["name"]
        if both.get("runAsNonRoot") is not True:
            yield f"{name}: runAsNonRoot is not true"
        if not both.get("runAsUser"):
            yield f"{name}: no user by number, or root"
        if both.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
            yield f"{name}: no seccomp profile"
        if own.get("privileged"):
            yield f"{name}: privileged"
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"{name}: allowPrivilegeEscalation is not false"
        drops = own.get("capabilities", {}).get("drop", [])
        if drops != ["ALL"] or own.get("capabilities", {}).get("add"):
            yield f"{name}: capabilities are not all dropped"
        if any("hostPort" in port for port in container.get("ports", [])):
            yield f"{name}: a host port"


def careless(pod: Object) -> Iterator[str]:
    """Where a pod breaks a rule of our own."""
    if pod.get("automountServiceAccountToken") is not False:
        yield "gets the token of a service account"
    if pod.get("enableServiceLinks") is not False:
        yield "gets the environment of every other Service"
    for container in containers(pod):
        name = container["name"]
        image, _, tag = container["image"].rpartition(":")
        if not image or "/" in tag or tag == "latest":
            yield f"{name}: image without a fixed tag"
        if container["securityContext"].get("readOnlyRootFilesystem") is not True:
            yield f"{name}: its root can be written"
        yield from (f"{name}: {wrong}" for wrong in unbounded(container.get("resources", {})))
        yield from (f"{name}: {wrong}" for wrong in open_secrets(container.get("env", [])))


def unbounded(resources: Object) -> Iterator[str]:
    """Memory has a request and a limit; the processor a request, and no limit (it would be slowed
    down while the machine is idle)."""
    asked, most = resources.get("requests", {}), resources.get("limits", {})
    if not {"cpu", "memory"} <= set(asked) or "memory" not in most:
        yield "no request for processor and memory, or no limit of memory"
    elif quantity(asked["memory"]) > quantity(most["memory"]):
        yield "asks for more memory than its limit"


def quantity(text: str | int) -> float:
    """A number of bytes."""
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text))
    assert match
    return float(match[1]) * BYTES[match[2]]


def open_secrets(env: list[Object]) -> Iterator[str]:
    """A secret is never a value, nor in the environment at all: it is a file."""
    for it in env:
        if re.search(r"(SECRET|PASSWORD|TOKEN|DATABASE_URL)$", it["name"]):
            yield f"{it['name']} is in the environment"


def unprobed(pod: Object) -> Iterator[str]:
    """A service has all three probes, and leaves the lists before it ends."""
    for container in pod["containers"]:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if "httpGet" not in container.get(probe, {}):
                yield f"{container['name']}: no {probe}"
        if container.get("readinessProbe", {}).get("httpGet", {}).get("path") != "/readyz":
            yield f"{container['name']}: readiness is not asked at /readyz"
        if container.get("livenessProbe", {}).get("httpGet", {}).get("path") != "/healthz":
            yield f"{container['name']}: liveness is not asked at /healthz"
        env = {one["name"]: one.get("value", "0") for one in container.get("env", [])}
        if float(env.get("TIERLINE_DRAIN_SECONDS", 0)) < 1:
            yield f"{container['name']}: ends while it is still in the lists"
