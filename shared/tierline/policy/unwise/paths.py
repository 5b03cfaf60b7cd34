"""Paths that end nowhere, and steps of which nobody hears."""

from collections.abc import Iterator, Mapping, Sequence

from tierline.domain.audience import (
    ACCOUNT_MANAGER,
    DEFAULT_TELL,
    DUTY_MANAGER,
    LEAD,
    ROOM,
    SERVICE_MANAGER,
)
from tierline.domain.policy import Group, Path, Policy, Step
from tierline.policy.codes import Code
from tierline.policy.errors import Problems, Where
from tierline.policy.folder import LoadedPolicy

_END = "end of path"


def look(loaded: LoadedPolicy, problems: Problems) -> None:
    """Warn of paths whose end tells nobody or is left to people, and of paths nobody takes."""
    policy = loaded.policy
    taken = {agreement.path for agreement in policy.agreements.values()}
    taken |= {rule.do.path for rule in policy.triage if rule.do.path}
    written = loaded.document["paths"]
    for name, path in ((name, policy.paths[name]) for name in written):
        at: Where = ("paths", name)
        if name not in taken:
            fix = "name it in an agreement or a rule, or remove it"
            message = "is taken by no agreement and no rule"
            problems.warn(at, message, fix, code=Code.PATH_UNUSED, at_key=True)
        _end(path, at, policy, problems)
        _steps(path, at, policy, problems)


def _end(path: Path, at: Where, policy: Policy, problems: Problems) -> None:
    timed = [i for i, step in enumerate(path.steps) if not step.by_hand]
    last = path.steps[timed[-1]]
    later = [path.steps[i] for i in timed[1:]]
    if later and all(step.when is not None for step in later):
        first = path.steps[timed[0]].tier
        message = f"goes nowhere from `{first}` for some tickets: every later step has a `when`"
        fix = "add a last step without `when`, like management"
        problems.warn(at, message, fix, code=Code.PATH_ENDS_FOR_SOME, at_key=True)
    if path.steps[-1].by_hand:
        message = (
            f"ends by hand: time takes a ticket to `{last.tier}` and no further,"
            f" people must take it to `{path.steps[-1].tier}`"
        )
        fix = "add a last step that time reaches, like management"
        where = (*at, len(path.steps) - 1)
        problems.warn(where, message, fix, code=Code.PATH_ENDS_BY_HAND)
    for place in _ends(path, timed):
        _untold(path.steps[place], (*at, place), policy, problems)


def _ends(path: Path, timed: Sequence[int]) -> Iterator[int]:
    """Where time may leave a ticket for good: last, or before steps that some tickets pass by."""
    for place in reversed(timed):
        yield place
        if path.steps[place].when is None:
            return


def _untold(step: Step, at: Where, policy: Policy, problems: Problems) -> None:
    if step.limit is None:
        return
    told = policy.tell.get(_END, DEFAULT_TELL[_END])
    for group in policy.groups_of(step.tier):
        if not any(_stands_for(audience, group, policy.people) for audience in told):
            message = f"nobody is told when the limit of `{group.name}` at the end runs out"
            fix = f"give `{group.name}` a lead, or name a service manager under `people`"
            problems.warn(at, message, fix, code=Code.PATH_END_UNTOLD)


def _stands_for(audience: str, group: Group, people: Mapping[str, str]) -> bool:
    """Whether an audience means somebody, whoever owns the ticket."""
    if audience in {SERVICE_MANAGER, ACCOUNT_MANAGER, DUTY_MANAGER}:
        return bool(people.get(audience))
    return bool({LEAD: group.lead, ROOM: group.room}.get(audience))


def _steps(path: Path, at: Where, policy: Policy, problems: Problems) -> None:
    """Steps that tell or call a lead, where a group has none."""
    for i, step in enumerate(path.steps):
        if step.unclaimed is None and step.assist is None:
            continue
        what = "hears that nobody took it" if step.unclaimed is not None else "joins the owner"
        for group in policy.groups_of(step.tier):
            if not group.lead:
                message = f"no lead {what}: `{group.name}` has none"
                fix = f"add `lead` to `{group.name}`"
                problems.warn((*at, i), message, fix, code=Code.STEP_TELLS_NOBODY)
