"""Paths: the two causes of a lapse, limits against the client's promise, and the bounce ledger."""

from tests.scenarios.subjects.world import World

LAW, COURT, BENCH, HOLDER = "Cedar Law", "Cedar Court", "Cedar Bench", "Elder Homes"
P3 = {"impact": 2, "urgency": 2, "spoken_to": True}

SKILL = [
    "Wed 03 10:00 opened P3",
    "Wed 03 10:00 routed Desk",
    "Wed 03 10:05 claimed sam",
    "Wed 03 10:30 lapsed tier",  # 30m of T1, and no plan
    "Wed 03 10:30 escalated Desk > Bench",
    "Wed 03 10:40 returned Bench > Desk",
    "Wed 03 10:42 claimed sam",
    "Wed 03 10:48 resolved",  # T1 had nothing left: two minutes before its 10m are over
]
CAPACITY = [
    "Wed 03 10:00 opened P3",
    "Wed 03 10:00 routed Desk",
    "Wed 03 10:15 lapsed queue",
    "Wed 03 10:30 lapsed tier",
    "Wed 03 10:30 escalation_proposed Narrow",  # it holds the one ticket that it has room for
    "Wed 03 10:45 reviewed choice",  # both leads had 15 staffed minutes
    "Wed 03 10:50 escalated Desk > Narrow",
]
COMPRESSED = [
    "Wed 03 10:00 opened P3",
    "Wed 03 10:00 routed Desk",
    "Wed 03 10:05 claimed sam",
    "Wed 03 10:30 lapsed tier",
    "Wed 03 10:30 escalated Desk > Bench",
    "Wed 03 10:40 claimed ines",
    # Promised for 12:00; of the 90m that are left T2 gets its part, 2h of the 4h ahead: 45m.
    "Wed 03 11:15 lapsed tier",
    "Wed 03 11:15 escalated Bench > Deep",
    "Wed 03 11:20 resolved",
]
SKIPPED = [
    "Wed 03 10:00 opened P3",
    "Wed 03 10:00 routed Desk",
    "Wed 03 10:05 claimed sam",
    "Wed 03 10:30 lapsed tier",
    "Wed 03 10:30 escalated Desk > Deep",  # 2h of T2 would end at 12:30, the promise is for 12:00
    "Wed 03 11:20 resolved",
]


def arrange(world: World) -> None:
    """Narrow has room for one ticket, and holds it."""
    world.call("holder", client=HOLDER, start="Narrow", **P3)


def play(world: World) -> None:
    """Wednesday the 3rd of March."""
    world.known()
    world.at("3 Mar 10:00")
    world.call("skill", client=LAW, **P3)
    world.call("capacity", client=LAW, category="narrow", **P3)
    world.call("compress", client=COURT, **P3)
    world.call("skip", client=BENCH, **P3)
    world.at("3 Mar 10:05")
    for name in ("skill", "compress", "skip"):
        world.by("sam", name, "claim")
    world.at("3 Mar 10:30")
    assert world.event("skill", "lapsed")["what"]["cause"] == "skill"
    assert world.event("compress", "escalated")["what"]["budget"] == "compressed"
    assert world.due("compress", "tier") == "Wed 03 11:15"
    assert world.event("skip", "escalated")["what"]["skipped"] == ["T2"]
    one_choice_for_both_leads(world)
    a_bounce(world)
    world.at("3 Mar 11:20")
    world.by("joel", "compress", "resolve", resolution="done")
    world.by("joel", "skip", "resolve", resolution="done")
    world.is_told("compress", COMPRESSED)
    world.is_told("skip", SKIPPED)
    for name in ("skill", "holder", "capacity", "compress", "skip"):
        world.ended(name)


def one_choice_for_both_leads(world: World) -> None:
    """Asked at 10:30, one higher at 10:45; told again here at 10:50."""
    lapse = [event for event in world.events("capacity") if event["type"] == "lapsed"][-1]
    assert lapse["what"]["cause"] == "capacity"
    asked = world.notices("capacity", "receiver full", 2)
    assert {notice["recipient"] for notice in asked} == {"priya", "ana"}


def a_bounce(world: World) -> None:
    world.at("3 Mar 10:40")
    world.by("tom", "skill", "move", to_group="Desk", reason="a password is the desk's")
    world.by("ines", "compress", "claim")
    world.at("3 Mar 10:42").by("sam", "skill", "claim")
    world.at("3 Mar 10:48").by("sam", "skill", "resolve", resolution="a new password")
    world.is_told("skill", SKILL)
    world.at("3 Mar 10:50")
    proposed = world.event("capacity", "escalation_proposed")
    assert proposed["what"]["choice"] == "receiver full"
    world.by("ana", "capacity", "accept", seq=proposed["seq"])
    world.is_told("capacity", CAPACITY)
    higher = world.notices("capacity", "choice not made")
    assert {notice["recipient"] for notice in higher} == {"grace"}
    ledger = world.cli_json("bounces", "--since", "1d", "--client", LAW, "--tickets")
    (edge,) = ledger["edges"]
    # Sent up at 10:30, back at 10:40: ten minutes.
    assert (edge["sent_by"], edge["sent_to"], edge["count"]) == ("Desk", "Bench", 1)
    assert edge["lost_s"] == 600
    (bounce,) = edge["bounces"]
    assert bounce["ticket"] == world.numbers["skill"]
    assert bounce["reason"] == "a password is the desk's"
