"""Why, and why then: the command line of the running stack gives the reasons in sentences."""

from tests.scenarios.subjects.world import World

CLIENT = "Gorse Mills"


def play(world: World) -> None:
    """Friday the 23rd of April, and the Monday."""
    world.at("23 Apr 17:45")
    world.call("mill", client=CLIENT, impact=2, urgency=2, spoken_to=True)
    world.by("sam", "mill", "claim")
    number = str(world.numbers["mill"])
    still_in_t1(world, number)
    not_told(world, number)
    the_ledger_adds_up(world, number)
    world.at("26 Apr 08:15")
    it_has_moved(world, number)
    world.ended("mill")


def still_in_t1(world: World, number: str) -> None:
    """15m of the 30m are left when the desk closes: Monday 08:15 in London, which is 07:15 UTC."""
    said = world.cli("why", number, "--still", "T1")
    assert "Its limit of 30 minutes in T1 runs out at 26 Apr 2027 07:15 UTC" in said, said
    assert "It moves to T2 at 26 Apr 2027 07:15 UTC" in said, said
    answer = world.cli_json("why", number, "--still", "T1")
    assert answer["decided_by"] == "tier clock"


def not_told(world: World, number: str) -> None:
    """A new ticket is told to the room, and to who asked."""
    said = world.cli("why", number, "--not-told", "lead", "--about", "routed")
    assert "lead was told of none of these 1 events." in said, said
    assert "no notice: the policy says: new in queue tells room;" in said, said
    assert "lead is not among them." in said, said


def the_ledger_adds_up(world: World, number: str) -> None:
    """P3, 3bd = 30h from Friday 17:45: 15m, 10h, 10h, and 9h45 of Wednesday."""
    (clock,) = world.cli_json("due", number, "--clock", "resolve")["clocks"]
    assert world.shown(clock["due"]) == "Wed 28 17:45"
    counted = [it for it in clock["ledger"] if it["kind"] == "counted"]
    hours = [it["counted_s"] / 3600 for it in counted]
    assert hours == [0.25, 10, 10, 9.75]
    assert sum(it["counted_s"] for it in clock["ledger"]) == 30 * 3600
    assert [world.shown(it["start"]) for it in counted] == [
        "Fri 23 17:45", "Mon 26 08:00", "Tue 27 08:00", "Wed 28 08:00",
    ]  # fmt: skip


def it_has_moved(world: World, number: str) -> None:
    moved = world.event("mill", "escalated")
    assert world.shown(moved["at"]) == "Mon 26 08:15"
    said = world.cli("why", number)
    assert "It is queued with Bench (T2), and nobody has claimed it." in said, said
    told = world.cli("why", number, "--seq", str(moved["seq"]))
    assert "claimed without a plan" in told, told
