"""The chart's release in a real cluster, with the face of the stacks that faults are run on.

It follows docs/guides/kubernetes.md: Secrets, a policy in a ConfigMap, `helm install`, and the
first logins by the command line inside a pod.
"""

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from tests.checks import ROOT
from tests.cluster.programs import NAMESPACE, CommandFailedError, helm, kubectl, run
from tests.faults.groups import Groups
from tests.faults.people import LOGINS
from tests.faults.policy import write_policy
from tests.faults.receiver import Receiver
from tests.faults.stack import connect_patiently
from tests.runbooks.receiver import SMTP_USER
from tierline.runtime.addresses import HTTP_SERVICES

HERE = Path(__file__).parent
NODE_IP = "10.99.0.1"
CHART = "deploy/helm/tierline"
DATABASE = "postgresql://tierline:drill-only@{}:5432/tierline"
FROM_OUTSIDE = DATABASE.format("10.96.0.50")
BOOTSTRAP = "10.96.0.60:9092"
PORTS = {"intake": 30081, "router": 30082}


@dataclass(frozen=True)
class Postgres:
    """Where the database is, for who judges."""

    def url(self) -> str:
        """Its address from the node."""
        return FROM_OUTSIDE


@dataclass
class ClusterStack:
    """The release.

    Attributes:
        folder: for the policy and the values.
        receiver: chat rooms and the one subscription lead there.
        smtp_port: of the mail relay, beside the receiver.
        relay_password: that it wants.
    """

    folder: Path
    receiver: Receiver
    smtp_port: int
    relay_password: str
    postgres: Postgres = field(default_factory=Postgres)
    ports: dict[str, int] = field(default_factory=lambda: dict(PORTS))
    loaded: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def replicas(service: str) -> list[str]:
        """One address for all replicas of a service."""
        return [service]

    def key(self, integration: str) -> str:
        """The key of an integration."""
        return str(self.loaded["integration_keys"][integration])

    def groups(self) -> Groups:
        """Asks the broker about the services' consumer groups."""
        return Groups(BOOTSTRAP)

    async def connect(self) -> "asyncpg.Connection[Any]":
        """A connection to the database, from the node."""
        return await connect_patiently(FROM_OUTSIDE)

    async def prepare(self) -> None:
        """PostgreSQL and Kafka, the namespace, and what whoever keeps secrets makes."""
        await run(*["kubectl", "delete", "namespace", "tierline", "servers", "--ignore-not-found"])
        await run("kubectl", "apply", "--server-side", "-f", str(HERE / "servers.yaml"))
        await run("kubectl", "create", "namespace", NAMESPACE)
        await kubectl(
            "label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted"
        )
        for name, pairs in {
            "tierline": {"secret": "5" * 64},
            "tierline-database": {"url": DATABASE.format("postgres.servers")},
            "tierline-mail": {"username": SMTP_USER, "password": self.relay_password},
        }.items():
            said = [f"--from-literal={key}={value}" for key, value in pairs.items()]
            await kubectl("create", "secret", "generic", name, *said)
        policy = write_policy(self.folder / "policy", f"http://{NODE_IP}:{self.receiver.port}")
        await kubectl("create", "configmap", "tierline-policy", f"--from-file={policy}")
        self.values.write_text(json.dumps(self._values()))
        for server in ("postgres", "kafka"):
            await run(
                *("kubectl", "--namespace", "servers", "rollout", "status"),
                *(f"deployment/{server}", "--timeout", "180s"),
            )

    @property
    def values(self) -> Path:
        """The file of the release's values."""
        return self.folder / "values.json"

    async def install(self) -> None:
        """Install the release and wait until it is ready."""
        await self.helm("install", "--timeout", "10m")
        await kubectl("apply", "--server-side", "-f", str(HERE / "outside.yaml"))

    async def helm(self, verb: str, *argv: str) -> str:
        """Install or upgrade with our values and more. Raises CommandFailedError."""
        chart, values = str(ROOT / CHART), str(self.values)
        return await helm(verb, "tierline", chart, "--values", values, "--wait", *argv)

    async def first_logins(self) -> None:
        """Passwords for people, a key for the source of alerts, as the guide has it."""
        people = []
        for login in LOGINS:
            said = json.loads(await self.tierline("password", login, "--json"))
            people.append({"login": login, "password": said["password"]})
        key = json.loads(await self.tierline("integration-key", "create", "api", "--json"))
        self.loaded = {"people": people, "integration_keys": {"api": key["integration_key"]}}

    async def tierline(self, *argv: str) -> str:
        """The command line, inside a pod of the router."""
        return await kubectl("exec", "deployment/tierline-router", "--", "tierline", *argv)

    async def settled(self) -> None:
        """Wait until every Deployment is as it should be."""
        for service in HTTP_SERVICES:
            await kubectl(
                "rollout", "status", f"deployment/tierline-{service}", "--timeout", "180s"
            )

    async def logs_of_trouble(self) -> str:
        """What an operator would look at where something failed."""
        said = []
        for argv in (
            ("get", "pods", "--output", "wide"),
            ("get", "events", "--sort-by", ".lastTimestamp"),
            ("logs", "job/tierline-migrate", "--all-containers", "--tail", "20"),
        ):
            with contextlib.suppress(CommandFailedError):
                said.append((await kubectl(*argv))[-4000:])
        return "\n".join(said)

    def _values(self) -> dict[str, Any]:
        return {
            "image": {"tag": "0.1.0"},
            "kafka": {"bootstrap": "kafka.servers:9092", "replication": 1},
            "mail": {
                "host": NODE_IP,
                "port": self.smtp_port,
                "tls": "none",
                "login": {"secretName": "tierline-mail"},
            },
            # Two where requests come in; one of the others leaves a node of two processors room.
            "services": {name: {"replicas": 1} for name in ("sla-timer", "notifier", "console")},
            "allowedTargets": [f"{NODE_IP}/32"],
            "migrations": {"policy": {"from": "configMap", "configMapName": "tierline-policy"}},
        }
