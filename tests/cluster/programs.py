"""kubectl and helm, run to their end."""

import asyncio
import json
import os
import subprocess
from typing import Any

NAMESPACE = "tierline"
OURS = "app.kubernetes.io/part-of=tierline"
COMMAND_S = 660.0
"""Longer than any --timeout that is given, so that a program says itself what it waited for."""


class CommandFailedError(RuntimeError):
    """A program ended with an error; its last words."""


async def run(*argv: str) -> str:
    """What a program printed. Raises CommandFailedError."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ,
    )
    try:
        async with asyncio.timeout(COMMAND_S):
            said, wrong = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()  # it would change the release behind the next one's back
    if process.returncode:
        last = (wrong or said).decode(errors="replace")[-1500:]
        raise CommandFailedError(f"{' '.join(argv[:4])}: {process.returncode}\n{last}")
    return said.decode()


async def kubectl(*argv: str) -> str:
    """kubectl in the release's namespace. Raises CommandFailedError."""
    return await run("kubectl", "--namespace", NAMESPACE, *argv)


async def helm(*argv: str) -> str:
    """helm in the release's namespace. Raises CommandFailedError."""
    return await run("helm", "--namespace", NAMESPACE, *argv)


async def pods(component: str = "") -> list[dict[str, Any]]:
    """The services' pods, or those of one, that are not ending."""
    selector = f"{OURS},app.kubernetes.io/component={component}" if component else OURS
    said = json.loads(await kubectl("get", "pods", "--selector", selector, "--output", "json"))
    running: list[dict[str, Any]] = [
        pod
        for pod in said["items"]
        if pod["metadata"].get("ownerReferences", [{}])[0].get("kind") == "ReplicaSet"
        and "deletionTimestamp" not in pod["metadata"]
    ]
    return running


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether the cluster says so."""
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def tag_of(pod: dict[str, Any]) -> str:
    """The version it runs."""
    return str(pod["spec"]["containers"][0]["image"].rpartition(":")[2])
