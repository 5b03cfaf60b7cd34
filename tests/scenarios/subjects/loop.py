"""Closing the loop: the analysis that a critical ticket owes, and what is taught of another."""

from tests.scenarios.subjects.world import World

CLIENT = {"client": "Hazel Inns", "spoken_to": True}

OWES_ITS_CAUSE = [
    "Wed 28 09:00 opened P1",
    "Wed 28 09:00 routed Desk",
    "Wed 28 09:05 claimed sam",
    "Wed 28 09:10 escalated Desk > Bench",
    "Wed 28 09:15 claimed ines",
    "Wed 28 09:40 resolved",
    "Wed 28 09:40 rca_required",
    "Wed 28 10:00 confirmed",  # and it waits for the analysis
    "Thu 29 09:40 rca_chased soon",  # a business day (10h of the office) before it is due
    "Fri 30 09:40 rca_chased due",  # 2bd = 20h: 8h20 on Wednesday, 10h, and 1h40 of Friday
    "Fri 30 10:00 action_added",
    "Fri 30 10:05 rca_written",
    "Fri 30 10:05 rca_done",
]


def play(world: World) -> None:
    """Wednesday the 28th of April to the training on Tuesday the 4th of May."""
    world.at("28 Apr 09:00")
    world.call("p1", category="loop", impact=1, urgency=1, **CLIENT)
    world.call("password", impact=2, urgency=2, **CLIENT)
    world.at("28 Apr 09:05").by("sam", "p1", "claim").by("sam", "password", "claim")
    world.at("28 Apr 09:10")
    for name in ("p1", "password"):
        handed = {"tried": "what the guide says", "ask": "look at it"}
        world.by("sam", name, "move", reason="more than the desk may", **handed)
    world.at("28 Apr 09:15").by("ines", "p1", "claim").by("ines", "password", "claim")
    could_the_tier_below(world)
    an_analysis_is_chased(world)


def could_the_tier_below(world: World) -> None:
    """Resolved with `access`: an item for the desk's next session, the first Tuesday of May."""
    world.at("28 Apr 09:30")
    done = {"resolution": "reset in the admin console", "tier_below_could": "access"}
    world.by("ines", "password", "resolve", **done)
    resolved = world.event("password", "resolved")
    where = f"{world.numbers['password']}/{resolved['seq']}"
    found = world.get("/v1/training", tier="T1")
    (item,) = [it for it in found["items"] if it["ticket"] == world.numbers["password"]]
    assert (item["kind"], item["tier"], item["state"]) == ("access", "T1", "open")
    planned = world.cli("training", "plan", where, "--note", "Tom shows it")
    assert planned
    agenda = world.cli_json("training", "--tier", "T1", "--state", "planned")
    (row,) = [it for it in agenda["agendas"] if it["tier"] == "T1"]
    assert (world.shown(row["at"]), row["planned"]) == ("Tue 04 09:00", 1)
    assert [it["ticket"] for it in agenda["items"]] == [world.numbers["password"]]
    world.ended("password")


def an_analysis_is_chased(world: World) -> None:
    world.at("28 Apr 09:40").by("ines", "p1", "resolve", resolution="the database is back")
    assert world.shown(world.ticket("p1")["rca"]["due"]) == "Fri 30 09:40"
    world.at("28 Apr 10:00").do("p1", "confirm")
    assert world.ticket("p1")["state"] == "resolved"
    assert world.refused("ines", "p1", "close", reason="that was it") == "unfinished"
    world.at("30 Apr 09:40")
    asked = world.notices("p1", "rca due", 2)
    assert {notice["recipient"] for notice in asked} == {"ines", "tom"}
    world.at("30 Apr 10:00")
    world.do("p1", "add-action", what="watch the disk", owner="ines", due="3 May 12:00")
    world.at("30 Apr 10:05")
    world.do("p1", "rca", summary="The disk was full.", causes=["nobody watched it"], done=True)
    world.is_told("p1", OWES_ITS_CAUSE)
    document = world.cli("rca", str(world.numbers["p1"]), "--markdown")
    assert "nobody watched it" in document
    world.at("30 Apr 10:10")
    world.by("ines", "p1", "complete-action", number=1, outcome="watched")
    assert world.ticket("p1")["state"] == "closed"
