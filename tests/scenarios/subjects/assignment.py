"""Assignment: an offer that passes on, an absence that ends a claim, and the next for me."""

from tests.scenarios.subjects.world import World

CLIENT = "Birch Books"

PASSED_ON = [
    "Tue 02 10:00 opened P3",
    "Tue 02 10:00 routed Counter",
    "Tue 02 10:00 offered wren",  # the only one who handles printers
    "Tue 02 10:05 offer_lapsed wren",  # 5 staffed minutes
    "Tue 02 10:05 offered uma",  # nobody else handles them, both hold nothing: as they are listed
    "Tue 02 10:07 claimed uma",
    "Tue 02 10:45 shift_ending uma",  # a quarter of an hour before
    "Tue 02 11:00 claim_ended uma, absence",
    "Tue 02 11:00 offered theo",  # her stand-in, before wren, who handles printers
]


def arrange(world: World) -> None:
    """Uma is away from Tuesday at 11:00."""
    away = world.of("priya").put(
        "/v1/records/absences/Uma/2027-03-02T11:00",
        json={"until": "2027-03-03", "reason": "the dentist", "stand_in": "Theo"},
    )
    assert away.status_code in {200, 201}, away.text


def play(world: World) -> None:
    """Tuesday the 2nd of March."""
    world.known()
    world.at("2 Mar 10:00").call("print", client=CLIENT, start="Counter", category="printer")
    assert world.ticket("print")["offer"]["to"] == "wren"
    assert world.event("print", "offered")["what"]["reason"].startswith("handles printer")
    world.at("2 Mar 10:07")
    world.event("print", "offer_lapsed")
    assert world.refused("wren", "print", "accept-offer") == "not_offered"
    world.by("uma", "print", "accept-offer")
    world.at("2 Mar 11:00")
    world.is_told("print", PASSED_ON)
    flagged = world.ticket("print")
    assert (flagged["state"], flagged["owner"], flagged["claim_ended"]) == ("queued", "", "absence")
    told = world.notices("print", "claim ended")
    assert {"priya"} <= {notice["recipient"] for notice in told}, told
    next_for_me(world)


def next_for_me(world: World) -> None:
    """What is offered to somebody comes first for them; else the most pressing."""
    offered = world.of("theo").get("/v1/next").json()
    assert offered["ticket"]["number"] == world.numbers["print"], offered
    claimed = world.of("theo").post("/v1/next").json()
    assert claimed["ticket"]["number"] == world.numbers["print"]
    assert world.ticket("print")["owner"] == "theo"
    world.at("2 Mar 11:10").call("idle", client=CLIENT, impact=3, urgency=3, spoken_to=True)
    world.at("2 Mar 11:12").call("busy", client=CLIENT, impact=2, urgency=2, spoken_to=True)
    first = world.of("sam").get("/v1/next").json()
    assert first["ticket"]["number"] == world.numbers["busy"], first  # P3 before the older P4
    assert first["waiting"] == 2
    assert world.of("sam").post("/v1/next").json()["ticket"]["owner"] == "sam"
    assert world.of("sam").get("/v1/next").json()["ticket"]["number"] == world.numbers["idle"]
    for name in ("print", "idle", "busy"):
        world.ended(name)
