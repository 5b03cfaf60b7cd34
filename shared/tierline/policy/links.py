"""Do the names in a checked policy lead somewhere? Tiers, groups, SLAs, paths, agreements."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tierline.domain.co_managed import CLIENTS_IT
from tierline.domain.terms import Assign, ClocksStart
from tierline.policy.client_rules import own_paths
from tierline.policy.codes import Code
from tierline.policy.counting import counts
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.management import check_management
from tierline.policy.restricting import group_meant
from tierline.policy.retention import check_retention


def check_links(document: Mapping[str, Any], problems: Problems) -> None:
    """Note every name that leads nowhere, and every path that cannot be walked.

    Args:
        document: what the grammar accepted.
        problems: where findings are collected.
    """
    links = _Links(document, problems)
    links.groups()
    links.agreements()
    links.paths()
    links.triage()
    links.mode()
    links.rest()
    check_management(document, problems)
    check_retention(document, problems)


class _Links:
    def __init__(self, document: Mapping[str, Any], problems: Problems) -> None:
        self._document = document
        self._problems = problems
        self._tiers: Sequence[str] = document["tiers"]
        self._groups: Mapping[str, Any] = document["groups"]
        self._paths: Mapping[str, Any] = document["paths"]
        self._agreements: Mapping[str, Any] = document["agreements"]

    def _known(self, name: str, known: Iterable[str], at: Where, what: str) -> bool:
        names = list(known)
        if name in names:
            return True
        self._problems.error(at, f"no {what} is called `{name}`", did_you_mean(name, names))
        return False

    def groups(self) -> None:
        """A group's tier exists; none has the name of a tier; who offers tickets has members."""
        for name, group in self._groups.items():
            self._known(group["tier"], self._tiers, ("groups", name, "tier"), "tier")
            if group.get("assign", Assign.CLAIM) != Assign.CLAIM and not group.get("members"):
                nobody = (
                    f"`assign: {group['assign']}` offers tickets to members, and there are none"
                )
                remedy = "list its `members`, or leave `assign` out"
                self._problems.error(("groups", name, "assign"), nobody, remedy)
            if name in self._tiers:
                clash = f"`{name}` is also the name of a tier"
                self._problems.error(("groups", name), clash, "rename the group", at_key=True)
        if self._groups and all("of" in group for group in self._groups.values()):
            nobody = (
                "every group is a client's or a partner's: nobody could take a ticket of others"
            )
            self._problems.error(("groups",), nobody, "add a group without `of`", at_key=True)

    def agreements(self) -> None:
        """An agreement's SLA and path exist; it is clear which one is the default."""
        for name, agreement in self._agreements.items():
            at = ("agreements", name)
            self._known(agreement["sla"], self._document["slas"], (*at, "sla"), "SLA")
            self._known(agreement["path"], self._paths, (*at, "path"), "path")
            self._first(agreement, at)
        default = self._document.get("default_agreement")
        if default is not None:
            self._known(default, self._agreements, ("default_agreement",), "agreement")
        elif len(self._agreements) != 1:
            remedy = "add `default_agreement: NAME` for clients that have none"
            message = "there are several agreements and no default one"
            message = message if self._agreements else "there is no agreement"
            self._problems.error(("agreements",), message, remedy, at_key=True)

    def _first(self, agreement: Mapping[str, Any], at: Where) -> None:
        """Who looks first is there; a late start of our clocks has somebody to hand over."""
        first = agreement.get("first", "")
        if first and first != CLIENTS_IT:
            places = (*self._tiers, *self._groups)
            if self._known(first, places, (*at, "first"), "tier or group") and first in self._tiers:
                self._staffed(first, (*at, "first"))
        late = agreement.get("our_clocks_start") == ClocksStart.ON_HANDOVER
        if late and not first:
            never = "nobody hands over to us: no `first` is named"
            fix = f'add `first: "{CLIENTS_IT}"`'
            self._problems.error((*at, "our_clocks_start"), never, fix)

    def paths(self) -> None:
        """Steps climb the tiers, each tier has a group, and time can go somewhere."""
        listed: list[tuple[Where, Sequence[Mapping[str, Any]]]] = [
            (("paths", name), steps) for name, steps in self._paths.items()
        ]
        for where, steps in [*listed, *own_paths(self._document)]:
            self._climbs(where, steps)
            self._walkable(where, steps)

    def _climbs(self, where: Where, steps: Sequence[Mapping[str, Any]]) -> None:
        staffed = {group["tier"] for group in self._groups.values()}
        highest = -1
        for i, step in enumerate(steps):
            at: Where = (*where, i, "at")
            if not self._known(step["at"], self._tiers, at, "tier"):
                continue
            rank = self._tiers.index(step["at"])
            if rank <= highest:
                order = ", ".join(self._tiers)
                below = f"`{step['at']}` does not come after the step before it"
                self._problems.error(at, below, f"follow the order of `tiers`: {order}")
            highest = max(highest, rank)
            if step["at"] not in staffed:
                empty = f"tier `{step['at']}` has no group"
                self._problems.error(at, empty, f"add a group with `tier: {step['at']}`")

    def _walkable(self, where: Where, steps: Sequence[Mapping[str, Any]]) -> None:
        timed = [i for i, step in enumerate(steps) if not step.get("by_hand")]
        if not timed:
            fix = "remove `by hand` from at least one"
            self._problems.error(where, "every step is by hand", fix, at_key=True)
        for i, step in enumerate(steps):
            if "when" in step and i not in timed:
                vain = "asks in vain: people take tickets there, and time does not"
                fix = "leave out `when`, or `by hand`"
                self._problems.error((*where, i, "when"), vain, fix)
        for i in timed[:-1]:
            if "limit" not in steps[i]:
                still = f"`{steps[i]['at']}` has no limit: time never moves a ticket past it"
                fix = "add a limit, like `limit: 30m`"
                self._problems.warn((*where, i), still, fix, code=Code.STEP_WITHOUT_LIMIT)

    def triage(self) -> None:
        """A rule's start and path exist; its name is its own; later rules can be reached."""
        seen: dict[str, int] = {}
        ended = ""
        for i, rule in enumerate(self._document.get("triage", ())):
            at: Where = ("triage", i)
            if rule["name"] in seen:
                twice = f"rule {seen[rule['name']] + 1} is called `{rule['name']}` too"
                self._problems.error((*at, "name"), twice, "rename one of them")
            seen.setdefault(rule["name"], i)
            self._action(rule["do"], (*at, "do"))
            if "problem_key" in rule["do"] and counts(rule.get("when")):
                said = "a rule that counts sets no problem key: a recovery may count otherwise"
                fix = "set the key in a rule of its own, with `next: true`"
                self._problems.error((*at, "do", "problem_key"), said, fix, at_key=True)
            if ended:
                unreached = f"is never reached: `{ended}` matches everything"
                fix = "move it up, or give that rule a `when`"
                self._problems.warn(at, unreached, fix, code=Code.RULE_SHADOWED)
            elif "when" not in rule and not rule["do"].get("next"):
                ended = rule["name"]

    def _action(self, action: Mapping[str, Any], at: Where) -> None:
        if not set(action) - {"next"}:
            self._problems.error(at, "sets nothing", "set start, category, priority or path")
        if "restrict" in action and not group_meant(action["restrict"], self._groups):
            said = f"no group, and no group's skill, is called `{action['restrict']}`"
            skills = [skill for it in self._groups.values() for skill in it.get("skills", ())]
            fix = did_you_mean(action["restrict"], (*self._groups, *skills))
            self._problems.error((*at, "restrict"), said, fix)
        if "start" in action:
            places = (*self._tiers, *self._groups)
            self._known(action["start"], places, (*at, "start"), "tier or group")
            if action["start"] in self._tiers:
                self._staffed(action["start"], (*at, "start"))
        if "path" in action:
            self._known(action["path"], self._paths, (*at, "path"), "path")

    def _staffed(self, tier: str, at: Where) -> None:
        if not any(group["tier"] == tier for group in self._groups.values()):
            self._problems.error(at, f"tier `{tier}` has no group", f"add one with `tier: {tier}`")

    def mode(self) -> None:
        """`agreement NAME` and `path NAME` name one that exists."""
        for key in self._document.get("mode", {}):
            kind, _, name = key.partition(" ")
            if kind == "agreement" and name:
                self._known(name, self._agreements, ("mode", key), kind)
            elif kind == "path" and name:
                self._known(name, self._paths, ("mode", key), kind)

    def rest(self) -> None:
        """The start of unsorted tickets exists; impact rates what is assumed; tiers have groups."""
        if "unsorted" in self._document:
            places = (*self._tiers, *self._groups)
            start = self._document["unsorted"]
            if self._known(start, places, ("unsorted",), "tier or group") and start in self._tiers:
                self._staffed(start, ("unsorted",))
        elif self._tiers:
            self._staffed(self._tiers[0], ("tiers", 0))
        for tier in self._document.get("training", {}):
            self._known(tier, self._tiers, ("training", tier), "tier")
        impact = self._document.get("priority", {}).get("impact")
        if impact is not None and "team" not in impact:
            unrated = "does not rate `team`, which is assumed when nothing else is known"
            at: Where = ("priority", "impact")
            self._problems.error(at, unrated, "add `team: 2`", at_key=True)
