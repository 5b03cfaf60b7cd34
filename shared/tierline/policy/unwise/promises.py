"""Priorities that tickets get and for which a promise is missing."""

from tierline.domain.policy import Policy
from tierline.domain.terms import ClockName, Priority
from tierline.policy.codes import Code
from tierline.policy.errors import Problems
from tierline.policy.folder import LoadedPolicy

_PRESSING = (Priority.P1, Priority.P2)
"""A move up of one of these starts the clock of the client's next update, where there is one."""


def look(loaded: LoadedPolicy, problems: Problems) -> None:
    """Warn of pressing priorities that the rules give and for which no `update` is promised."""
    policy = loaded.policy
    offered = (policy.agreements[name] for name in policy.offered)
    for name in dict.fromkeys(it.sla for it in offered):
        for priority in _PRESSING:
            given = _given_by(policy, priority)
            if given and ClockName.UPDATE not in policy.slas[name].targets[priority]:
                message = (
                    f"promises no `update` for {priority}, which {given} gives:"
                    " the client may hear nothing while it climbs"
                )
                fix = f"add one, like {priority}: {{..., update: 1h}}"
                at = ("slas", name, str(priority))
                problems.warn(at, message, fix, code=Code.PRIORITY_WITHOUT_TARGET, at_key=True)


def _given_by(policy: Policy, priority: Priority) -> str:
    """What may give a ticket this priority without anybody asking; empty where nothing does."""
    if any(priority in row for row in policy.priority.matrix.values()):
        return "the matrix"
    named = (rule.name for rule in policy.triage if rule.do.priority is priority)
    return next((f"rule `{name}`" for name in named), "")
