"""Whether every service answers, can do its job, and is of one version."""

import asyncio
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from tierline.cli.doctor.finding import Finding, fail, ok, skipped, warn
from tierline.cli.doctor.patient import AwayError, Patient
from tierline.runtime.addresses import HTTP_SERVICES

NAMES = tuple(name.replace("-", "_") for name in HTTP_SERVICES)
READY = "services"
VERSION = "versions"


async def reachable(patient: Patient) -> list[Finding]:
    """Each service: it answers, and says that it can do its job."""
    known = [name for name in NAMES if name in patient.around.urls]
    found = list(await asyncio.gather(*(_ready(patient, name) for name in known)))
    unknown = [name for name in NAMES if name not in known]
    if unknown:
        names = ", ".join(f"TIERLINE_{name.upper()}_URL" for name in unknown)
        found.append(
            skipped(READY, f"not told where {', '.join(unknown)} answers", f"Set {names}.")
        )
    return found


async def _ready(patient: Patient, name: str) -> Finding:
    try:
        answer = await patient.ask(name, "/readyz")
    except AwayError as error:
        return fail(READY, f"{name}: {error}", _start(patient, name))
    if answer.status_code == 200:
        return ok(READY, f"{name} is ready")
    return fail(READY, f"{name} is not ready: {_reasons(_json(answer))}", _look(patient, name))


def _start(patient: Patient, name: str) -> str:
    if patient.around.home is not None:
        return f"Start the stack with `tierline up`; {_look(patient, name)}"
    return f"Is it running, and may it be reached from here? {_look(patient, name)}"


def _look(patient: Patient, name: str) -> str:
    if patient.around.home is not None:
        return f"Look at {patient.around.home / 'logs' / name.replace('_', '-')}.log."
    return "Look at its log."


def _json(answer: Any) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _reasons(body: Mapping[str, Any]) -> str:
    checks = body.get("checks")
    if not isinstance(checks, dict):
        return "it does not say why"
    reasons = [f"{name}: {why}" for name, why in checks.items() if why != "ok"]
    return "; ".join(reasons) or "it does not say why"


async def same_version(patient: Patient) -> list[Finding]:
    """All services that say so are of the version of this command."""
    told: dict[str, str] = {}
    for name in NAMES:
        try:
            answer = _json(await patient.ask(name, "/healthz"))
        except AwayError:
            continue
        if isinstance(answer.get("version"), str):
            told[name] = answer["version"]
    if not told:
        return [skipped(VERSION, "no service says its version")]
    own = version("tierline")
    others = {name: its for name, its in told.items() if its != own}
    if not others:
        return [ok(VERSION, f"{len(told)} services and this command are {own}")]
    said = ", ".join(f"{name} {its}" for name, its in others.items())
    return [
        warn(
            VERSION,
            f"this command is {own}, but {said}",
            "While a new version rolls out that is as it should be; otherwise finish or undo it.",
        )
    ]
