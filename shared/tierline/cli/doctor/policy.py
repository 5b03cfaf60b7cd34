"""Whether a policy is in force, and whether it is wise."""

import asyncio
from pathlib import Path

from tierline.cli.doctor.finding import Finding, fail, ok, warn
from tierline.cli.doctor.patient import Patient
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder, looked_from
from tierline.policy.unwise import look

NAME = "policy"
ACTIVE = "SELECT version FROM tierline.policy_version WHERE active"


async def in_force(patient: Patient) -> list[Finding]:
    """One is loaded; where its folder is known, it is the one loaded, and nothing is unwise."""
    active = await patient.value(ACTIVE)
    if active is None:
        return [fail(NAME, "no policy is loaded: no alert becomes a ticket", "`tierline load DIR`")]
    folder = patient.around.policy
    if folder is None:
        said = f"{_short(active)} is in force; its folder is not known here"
        return [ok(NAME, f"{said} (TIERLINE_POLICY names it)")]
    return await asyncio.to_thread(_of_folder, folder, active)


def _of_folder(folder: Path, active: str) -> list[Finding]:
    try:
        loaded = load_folder(folder)
    except (PolicyError, OSError) as error:
        faults = len(error.findings) if isinstance(error, PolicyError) else 1
        said = f"{folder} cannot be used: {faults} faults"
        return [fail(NAME, said, f"`tierline policy check {folder}` names each.")]
    warnings, left_out = look(loaded, looked_from(None))
    found = []
    if loaded.policy.version != active:
        said = f"{_short(active)} is in force, {folder} is {_short(loaded.policy.version)}"
        remedy = f"`tierline policy diff running {folder}`, then load it or take it back."
        found.append(warn(NAME, said, remedy))
    if warnings:
        said = f"{len(warnings) + left_out} things in {folder} are unwise"
        found.append(warn(NAME, said, f"`tierline policy check {folder}` names each."))
    return found or [ok(NAME, f"{_short(active)} is in force, and nothing in it is unwise")]


def _short(version: str) -> str:
    return version[:19]
