"""A major incident and what is worked under it; a problem whose workaround is shown on the next."""

from tests.scenarios.subjects.world import World

CLIENT = "Elder Homes"

PARENT = [
    "Mon 08 09:00 opened P2",
    "Mon 08 09:00 routed Desk",
    "Mon 08 09:10 major_declared",
    "Mon 08 09:15 child_joined",
    "Mon 08 09:15 child_joined",
    "Mon 08 09:20 noted",
    "Mon 08 10:00 resolved",
    "Mon 08 10:00 child_left",  # its alert still fires: it was not helped
]
CHILD = [
    "Mon 08 09:00 opened P3",
    "Mon 08 09:00 routed Desk",
    "Mon 08 09:15 major_joined",
    "Mon 08 09:20 noted",  # what was written to the clients of the one above it
    "Mon 08 10:00 resolved",
]
LEFTOVER = [
    "Mon 08 09:00 opened P2",  # its device stands at 2, and is stopped
    "Mon 08 09:00 routed Desk",
    "Mon 08 09:15 major_joined",
    "Mon 08 09:20 noted",
    "Mon 08 10:00 major_left",
    "Mon 08 10:05 problem_called",
    "Mon 08 10:05 problem_linked",
]


def play(world: World) -> None:
    """Monday the 8th of March."""
    world.at("8 Mar 09:00")
    ed = {"name": "Ed Hall", "email": "ed@elder.example"}
    world.call("outage", client=CLIENT, impact=1, urgency=2, spoken_to=True)
    world.call("flat", client=CLIENT, impact=2, urgency=2, requester=ed)
    alert(world, "switch", "eh-sw-1 has no uplink")
    world.at("8 Mar 09:10").do("outage", "declare-major", reason="no flat is online")
    world.at("8 Mar 09:15")
    for name in ("flat", "switch"):
        world.do(name, "join", parent=world.numbers["outage"])
    world.until(lambda: len(world.ticket("outage")["major"]["children"]) == 2)
    world.at("8 Mar 09:20")
    world.do("outage", "notes", text="The carrier is on it.", to_client=True)
    world.mail("ed@elder.example", f"[#{world.numbers['flat']}]", "The carrier is on it.")
    for name in ("flat", "switch"):
        world.event(name, "noted")
    world.at("8 Mar 10:00").do("outage", "resolve", resolution="the carrier is back")
    world.until(lambda: world.ticket("flat")["state"] == "resolved")
    assert world.ticket("flat")["resolution"] == "the carrier is back"
    world.until(lambda: world.ticket("outage")["major"]["leftovers"])
    (left,) = world.ticket("outage")["major"]["leftovers"]
    assert left["ticket"] == world.numbers["switch"]
    world.is_told("outage", PARENT)
    world.is_told("flat", CHILD)
    a_problem(world)
    for name in ("outage", "flat", "switch", "again"):
        world.ended(name)


def alert(world: World, name: str, title: str) -> None:
    told = {"client": CLIENT, "host": "eh-sw-1", "severity": "critical"}
    world.alert(name, by="api", title=f"{title} (story-{name})", **told)


def a_problem(world: World) -> None:
    """Its cause and workaround make it a known error: read on the next alert of that device."""
    world.at("8 Mar 10:05").do("switch", "problem", reason="the third this month")
    world.numbers["problem"] = world.event("switch", "problem_linked")["what"]["problem"]
    world.is_told("switch", LEFTOVER)
    world.at("8 Mar 10:10").do("problem", "cause", cause="its firmware leaks memory")
    world.at("8 Mar 10:15").do("problem", "workaround", workaround="power-cycle it")
    (shown,) = world.ticket("switch")["workarounds"]
    assert (shown["problem"], shown["workaround"]) == (world.numbers["problem"], "power-cycle it")
    world.at("8 Mar 10:20")
    alert(world, "again", "eh-sw-1 answers nobody")
    (shown,) = world.ticket("again")["workarounds"]
    assert (shown["problem"], shown["workaround"]) == (world.numbers["problem"], "power-cycle it")
    (known,) = world.get("/v1/known-errors", client=CLIENT)["items"]
    assert (known["number"], known["cause"]) == (
        world.numbers["problem"],
        "its firmware leaks memory",
    )
    world.do("problem", "resolve", resolution="new firmware")
    world.do("problem", "close", reason="no more of it")
