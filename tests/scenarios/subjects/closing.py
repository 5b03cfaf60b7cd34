"""Closing: reminded, closed by itself in business time, and what reopens it."""

from tests.scenarios.subjects.world import World

CLIENT = "Fern Dental"
FAY = {"name": "Fay Mills", "email": "fay@fern.example"}
P3 = {"client": CLIENT, "impact": 2, "urgency": 2, "requester": FAY, "spoken_to": True}

UNANSWERED = [
    "Tue 06 09:00 opened P3",
    "Tue 06 09:00 routed Desk",
    "Tue 06 09:05 claimed sam",
    "Tue 06 11:00 resolved",
    # 3bd = 30h of 08:00-18:00: 7h on Tuesday, 10h, 10h, and 3h of Friday.
    "Fri 09 11:00 lapsed confirm",
    "Fri 09 11:00 closed",
    "Thu 15 11:00 reopened",  # within seven days of the 9th
    "Thu 15 11:05 resolved",
    "Thu 15 11:05 confirmed",
    "Thu 15 11:05 closed",
]
FIRES_AGAIN = [
    "Tue 06 12:00 opened P3",
    "Tue 06 12:00 routed Desk",
    "Tue 06 12:05 claimed sam",
    "Tue 06 12:30 resolved",
    "Wed 07 12:15 reopened",  # a quarter of an hour before the day is over
    "Wed 07 12:20 resolved",
    "Thu 08 12:30 closed",  # fires ten minutes after a day: another ticket carries on
]


def play(world: World) -> None:
    """Tuesday the 6th of April to Thursday the 22nd."""
    world.at("6 Apr 09:00").call("chair", **P3)
    world.at("6 Apr 09:05").by("sam", "chair", "claim")
    world.at("6 Apr 11:00").by("sam", "chair", "resolve", resolution="a new fuse")
    world.at("6 Apr 12:00")
    fires(world, "lamp")
    world.at("6 Apr 12:05").by("sam", "lamp", "claim")
    world.at("6 Apr 12:30").by("sam", "lamp", "resolve", resolution="a new bulb")
    within_a_day_it_reopens(world)
    nobody_answers(world)
    seven_days(world)


def fires(world: World, name: str, key: str = "") -> None:
    told = {"client": CLIENT, "host": "fd-pc-1", "severity": "error"}
    world.help_.alert(dedup_key=key or f"story-{name}", title=f"story-{name}", by="api", **told)
    world.numbers[name] = world.help_.ticket_of(f"story-{name}")["number"]


def within_a_day_it_reopens(world: World) -> None:
    """The alert fires again: within 24h of the resolution the same ticket, later a linked one."""
    first = world.numbers["lamp"]
    world.at("7 Apr 12:15")
    fires(world, "lamp")
    assert world.numbers["lamp"] == first
    back = world.event("lamp", "reopened")["what"]
    assert (back["group"], back["owner"]) == ("Desk", "sam")
    world.at("7 Apr 12:20").by("sam", "lamp", "resolve", resolution="another bulb")
    world.at("8 Apr 12:30")
    fires(world, "lamp-2", key="story-lamp")
    assert world.numbers["lamp-2"] != first
    assert world.ticket("lamp-2")["linked"] == [first]
    world.is_told("lamp", FIRES_AGAIN)
    world.ended("lamp-2")


def nobody_answers(world: World) -> None:
    """Reminded at a third and at two thirds of the 30h: 10h and 20h after the resolution."""
    world.at("9 Apr 11:00")
    reminded = [event for event in world.events("chair") if event["type"] == "warned"]
    reminded = [event for event in reminded if event["what"]["clock"] == "confirm"]
    assert [world.shown(event["at"]) for event in reminded] == ["Wed 07 11:00", "Thu 08 11:00"]
    told = world.notices("chair", "confirm reminder", 2)
    assert {notice["recipient"] for notice in told} == {"fay@fern.example"}
    closed = world.event("chair", "closed")
    assert closed["by"]["kind"] == "time"
    assert world.ticket("chair")["state"] == "closed"


def seven_days(world: World) -> None:
    """Closed on the 9th at 11:00: by hand within seven days; after them it is the lead's."""
    world.at("15 Apr 11:00").by("sam", "chair", "reopen", reason="it blew again")
    world.at("15 Apr 11:05").ended("chair")
    world.is_told("chair", UNANSWERED)
    world.at("22 Apr 11:06")  # a minute more than seven days
    assert world.refused("sam", "chair", "reopen", reason="and again") == "closed_too_long"
    world.by("priya", "chair", "reopen", reason="I have seen it")
    world.ended("chair")
