"""A changed policy on the open tickets of a running stack: looked at first, then put into force."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.scenarios.subjects.world import POLICY, World

P3 = {"client": "Juniper Gin", "impact": 2, "urgency": 2, "spoken_to": True}
P4 = P3 | {"impact": 3, "urgency": 3}
THREE_DAYS, FIFTEEN_HOURS = "P3: {respond: 4h, resolve: 30h}", "P3: {respond: 4h, resolve: 15h}"


def play(world: World) -> None:
    """Tuesday the 18th of May: a promise of thirty hours becomes one of fifteen."""
    world.at("17 May 09:00").call("old", **P3)
    world.at("18 May 09:00").call("early", **P3)
    world.at("18 May 12:00").call("late", **P3).call("low", **P4)
    # 30h of 08:00-18:00: 9h of Tuesday, 10h, 10h and 1h of Friday; three hours more from 12:00.
    assert world.due("early", "resolve") == "Fri 21 09:00"
    assert world.due("late", "resolve") == "Fri 21 12:00"
    # 9h of Monday, 10h, 10h, and 1h of Thursday.
    assert world.due("old", "resolve") == "Thu 20 09:00"
    world.at("18 May 15:00")
    with changed("30h", "15h") as folder:
        token = looked_at_first(world, folder)
        put_into_force(world, folder, token)
        an_error_changes_nothing(world, folder)
    warned_of_what_is_unwise(world)
    for name in ("old", "early", "late", "low"):
        world.ended(name)


@contextmanager
def changed(old: str, new: str) -> Iterator[Path]:
    """A copy of the policy with one thing otherwise, which stands there once."""
    with tempfile.TemporaryDirectory(prefix="tierline-policy-") as parent:
        folder = Path(parent) / "policy"
        shutil.copytree(POLICY, folder)
        edit(folder, old, new)
        yield folder


def edit(folder: Path, old: str, new: str) -> None:
    rules = folder / "rules.yaml"
    text = rules.read_text()
    assert text.count(old) == 1, old
    rules.write_text(text.replace(old, new))


def looked_at_first(world: World, folder: Path) -> str:
    """15h from 09:00 are 9h and 6h, from 12:00 6h and 9h; 16h of the old one are used: it ends now.

    Nothing is changed yet.
    """
    before = world.get("/v1/policy")["version"]
    found = world.cli_json("policy", "preview", str(folder))
    (difference,) = [it["said"] for it in found["differences"]]
    assert difference == "moving's P3 resolve: 30h -> 15h"
    assert found["base"] == before
    foreseen = {
        it["number"]: [world.shown(it["dues"]["resolve"][which]) for which in ("old", "new")]
        for it in found["tickets"]
    }
    assert foreseen == {
        world.numbers["old"]: ["Thu 20 09:00", "Tue 18 15:00"],
        world.numbers["early"]: ["Fri 21 09:00", "Wed 19 14:00"],
        world.numbers["late"]: ["Fri 21 12:00", "Wed 19 17:00"],
    }
    fates = {fate: count for fate, count in found["fates"].items() if count}
    assert fates.pop("unchanged") >= 1
    assert fates == {"breached": 1, "less time": 2}
    assert world.get("/v1/policy")["version"] == before
    assert world.due("early", "resolve") == "Fri 21 09:00"
    return str(found["id"])


def put_into_force(world: World, folder: Path, token: str) -> None:
    options = ("--preview", token, "--open-tickets", "move", "--only", "P3")
    done = world.cli_json("policy", "apply", str(folder), *options, "--reason", "a new contract")
    assert (done["changed"], done["moved"]) == (True, 3)
    assert world.get("/v1/policy")["version"] == done["version"]
    assert world.due("early", "resolve") == "Wed 19 14:00"
    assert world.due("late", "resolve") == "Wed 19 17:00"
    moved = world.event("early", "terms_moved")
    assert (moved["by"]["name"], world.shown(moved["at"])) == ("priya", "Tue 18 15:00")
    assert moved["what"]["reason"] == "a new contract"
    assert moved["what"]["to_policy"] == done["version"]
    broken = world.event("old", "breached")
    assert (broken["what"]["clock"], world.shown(broken["at"])) == ("resolve", "Tue 18 15:00")
    assert "terms_moved" not in world.help_.types(world.numbers["low"])
    (row, *_) = world.get("/v1/policy/previews")["items"]
    assert (row["id"], row["applied_by"], row["reason"]) == (token, "priya", "a new contract")
    assert (row["moved"], row["only"]) == (3, ["P3"])


def an_error_changes_nothing(world: World, folder: Path) -> None:
    """A path that no agreement can take is refused with its place, and all stays as it was."""
    version, seq = world.get("/v1/policy")["version"], world.ticket("early")["seq"]
    edit(folder, "plain: {sla: plain, path: standard}", "plain: {sla: plain, path: standrad}")
    for command in (("preview",), ("apply", "--reason", "none")):
        said = world.cli("policy", command[0], str(folder), *command[1:], code=1)
        assert re.search(r"rules.yaml:\d+:\d+: agreements.plain.path: .*`standard`", said), said
    assert world.get("/v1/policy")["version"] == version
    assert world.ticket("early")["seq"] == seq
    assert world.due("early", "resolve") == "Wed 19 14:00"


def warned_of_what_is_unwise(world: World) -> None:
    """What is allowed and hardly meant has a code, a line and a remedy; strict, it is refused."""
    with changed("{at: T2, limit: 2h, over budget: skip}", "{at: T2}") as folder:
        found = json.loads(world.cli("policy", "check", str(folder), "--strict", "--json", code=1))
        (warning,) = [it for it in found["warnings"] if it["code"] == "step_without_limit"]
        assert warning["remedy"]
