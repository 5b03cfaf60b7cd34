"""What a replay is made of: the log, its mapping, and the policy it runs under."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tierline.cli.failures import USAGE, FailureError
from tierline.policy.errors import PolicyError
from tierline.policy.folder import LoadedPolicy, load_folder
from tierline.replay.log import LogError, read_log
from tierline.replay.mapping import LogMapping, load_mapping
from tierline.replay.plan import Plan, plan
from tierline.replay.policy import generate, records_of, unfit
from tierline.replay.written import write_folder

READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What `tierline replay` was asked.

    Attributes:
        log: a CSV file.
        mapping: a YAML file.
        policy: a folder, or None for one made from the log.
        limit: so many of the earliest cases; None: all.
    """

    log: Path
    mapping: Path
    policy: Path | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """All of it, read and checked. `digest` names the content: the same one, the same replay.

    `loaded`: the policy it runs under, of the folder that was named or made from the log.
    """

    asked: Asked
    mapping: LogMapping
    plan: Plan
    loaded: LoadedPolicy
    digest: str

    @property
    def name(self) -> str:
        """How the replay is called."""
        return self.asked.log.name

    @property
    def year(self) -> int:
        """Around which public holidays are looked up."""
        return self.plan.start.year


def read_inputs(asked: Asked) -> Inputs:
    """Read the log by its mapping.

    Raises:
        FailureError: what is wrong with either, or with the policy; exit code 2.
    """
    try:
        mapping = load_mapping(asked.mapping)
        planned = plan(read_log(asked.log, mapping), mapping, cases_max=asked.limit)
        loaded = _policy(asked, mapping, planned)
    except PolicyError as error:
        findings = [str(finding) for finding in error.findings]
        raise FailureError(
            "\n".join(findings),
            "Nothing was started. Correct it and try again.",
            code=USAGE,
            problem={"findings": findings},
        ) from None
    except LogError as error:
        raise FailureError(
            f"{error}.",
            "Nothing was started. Correct the log or its mapping, and try again.",
            code=USAGE,
        ) from None
    return Inputs(asked, mapping, planned, loaded, _digest(asked, planned))


def policy_folder(inputs: Inputs, folder: Path) -> Path:
    """The folder to load: the one that was named, else one made from the log, in `folder`.

    Raises:
        FailureError: the log names more than a policy file may hold.
    """
    if inputs.asked.policy is not None:
        return inputs.asked.policy.absolute()
    try:
        write_folder(inputs.loaded.document, records_of(inputs.plan), folder)
    except LogError as error:
        raise FailureError(
            f"No policy can be made of this log: {error}.",
            "Narrow it with the mapping's `only` and `skip`.",
            code=USAGE,
        ) from error
    return folder


def _policy(asked: Asked, mapping: LogMapping, planned: Plan) -> LoadedPolicy:
    folder = asked.policy
    if folder is None:
        return generate(planned, mapping)
    loaded = load_folder(folder, year=planned.start.year)
    if reasons := unfit(planned, loaded.policy):
        raise FailureError(
            f"The policy in {folder} does not suit this log: {'; '.join(reasons[:5])}.",
            "Leave --policy out: a policy is then made from the log. Start from that one.",
            code=USAGE,
            problem={"findings": list(reasons)},
        )
    return loaded


def _digest(asked: Asked, planned: Plan) -> str:
    """Of the files, and of what they come to: another version may read them otherwise."""
    whole = hashlib.sha256()
    for path in (asked.log, asked.mapping, *_policy_files(asked.policy)):
        whole.update(hashlib.sha256(b"".join(_pieces(path))).digest())
    whole.update(str(asked.limit).encode())
    for case in planned.cases:
        steps = [(step.row, step.at.isoformat(), step.verb) for step in case.steps]
        whole.update(repr((case.key, steps)).encode())
    return whole.hexdigest()


def _policy_files(folder: Path | None) -> list[Path]:
    return (
        [] if folder is None else sorted([*folder.glob("*.yaml"), *folder.glob("clients/*.yaml")])
    )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            yield piece
