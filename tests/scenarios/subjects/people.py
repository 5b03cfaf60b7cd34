"""People in time: a week handed over by New York's clock, in the week after theirs went forward."""

from tests.scenarios.subjects.world import World

CALL = {
    "client": "Hazel Inns", "category": "wires", "impact": 1, "urgency": 1, "spoken_to": True,
}  # fmt: skip

PAGED = {
    # Wires is staffed from 06:00 to 10:00. 53 weeks after the 2nd of March 2026 it is Cyd's turn,
    # and then Ada's.
    # Clocks went forward in New York on the 14th, in London they do on the 28th: 09:00 is 13:00.
    "mon-before": ("15 Mar 12:59", "cyd"),
    "mon-after": ("15 Mar 13:01", "ada"),  # by the offset of winter it would be 14:00
    "tue-before": ("16 Mar 19:59", "ada"),
    "tue-override": ("16 Mar 20:00", "bea"),  # from its first instant
    "tue-after": ("16 Mar 23:00", "ada"),  # and no more at its last
    "wed-swap": ("17 Mar 20:30", "bea"),  # Ada's evening, which Bea took
    "tue-return": ("23 Mar 20:30", "ada"),  # Bea's evening, in return
    "tue-over": ("23 Mar 23:00", "bea"),
    # London's clocks went forward as well: 09:00 in New York is 14:00 again.
    "dst-before": ("29 Mar 13:59", "bea"),
    "dst-after": ("29 Mar 14:00", "cyd"),  # at a hand-over it is who comes
}


def arrange(world: World) -> None:
    """An override for the Tuesday, a swap of two evenings."""
    lead = world.of("tom")
    override = {
        "from_at": world.said("16 Mar 20:00"), "until_at": world.said("16 Mar 23:00"),
        "person": "Bea", "instead_of": "Ada", "reason": "a birthday",
    }  # fmt: skip
    swap = {
        "from_at": world.said("17 Mar 20:00"), "until_at": world.said("17 Mar 23:00"),
        "person": "Bea", "instead_of": "Ada",
        "in_return": {
            "from_at": world.said("23 Mar 20:00"), "until_at": world.said("23 Mar 23:00"),
        },
    }  # fmt: skip
    for body in (override, swap):
        answer = lead.post("/v1/schedules/wires rota/overrides", json=body)
        assert answer.status_code == 201, answer.text


def play(world: World) -> None:
    """From Monday the 15th of March to Monday the 29th."""
    world.known()
    for name, (at, person) in PAGED.items():
        world.at(at).call(name, **CALL)
        first = next(event for event in world.events(name) if event["type"] == "paged")
        assert (first["what"]["page"]["to"], first["what"]["of"]) == (person, "on call"), name
        assert first["why"]["values"]["ladder"][0] == f"{person} (on call)"
        if name.startswith("mon"):
            (told,) = world.notices(name, "paged")
            assert (told["recipient"], told["reach"]) == (person, "page")
        world.ended(name)
