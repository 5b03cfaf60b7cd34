"""Tiers and groups without people, and people who have left."""

from collections.abc import Iterator

from tierline.policy.codes import Code
from tierline.policy.errors import Problems, Where
from tierline.policy.folder import LoadedPolicy

_GONE = "name somebody who is there; mind who takes their tickets"


def members_of(loaded: LoadedPolicy, group: str) -> tuple[str, ...]:
    """The people of a group, by policy and by records, each once; those who have left, not."""
    listed = dict.fromkeys(loaded.policy.groups[group].members)
    for person in loaded.records.people:
        if group in person.groups:
            listed.setdefault(person.name)
    return tuple(name for name in listed if name not in left(loaded))


def left(loaded: LoadedPolicy) -> frozenset[str]:
    """The names of those whose record says that they have left."""
    people = loaded.records.documents.get("people", ())
    return frozenset(str(it["name"]) for it in people if it.get("active") is False)


def look(loaded: LoadedPolicy, problems: Problems) -> None:
    """Warn of tiers without a group, groups without people, and duties of people who have left."""
    policy = loaded.policy
    for i, tier in enumerate(policy.tiers):
        if not policy.groups_of(tier):
            fix = f"add a group with `tier: {tier}`, or remove the tier"
            problems.warn(("tiers", i), f"tier `{tier}` has no group", fix, code=Code.TIER_EMPTY)
    if not loaded.recorded:
        return
    for name, group in policy.groups.items():
        if not group.of and not members_of(loaded, name):
            message = f"nobody is in `{name}`, the group of tier `{group.tier}`"
            fix = "add `members`, or the group to somebody's record"
            problems.warn(("groups", name), message, fix, code=Code.GROUP_EMPTY, at_key=True)
    gone = left(loaded)
    for at, name, what in _duties(loaded):
        if name in gone:
            problems.warn(at, f"{what} `{name}` has left", _GONE, code=Code.PERSON_LEFT)


def _duties(loaded: LoadedPolicy) -> Iterator[tuple[Where, str, str]]:
    """Everybody the policy names: where, who, as what."""
    for name, group in loaded.policy.groups.items():
        at: Where = ("groups", name)
        if group.lead:
            yield (*at, "lead"), group.lead, "the lead"
        for i, member in enumerate(group.members):
            yield (*at, "members", i), member, "the member"
    for role, person in loaded.policy.people.items():
        yield ("people", role.replace(" ", "_")), person, f"the {role}"
