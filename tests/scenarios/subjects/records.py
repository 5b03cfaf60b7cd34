"""Records: a table that is tried first, an edit by hand, and what both do to the next alert."""

from tests.scenarios.subjects.world import World

CLIENT = "Alder Vets"
TABLE = (
    f"client,name,type,criticality\n{CLIENT},av-srv-1,server,3\n{CLIENT},av-pc-2,workstation,3\n"
)
BAD = TABLE + f"{CLIENT},av-pc-3,workstation,9\n"
DEVICE = "/v1/records/devices/Alder%20Vets/av-srv-1"


def play(world: World) -> None:
    """Monday the 1st of March."""
    world.at("1 Mar 09:00")
    batch = imported_after_a_preview(world)
    alert(world, "records-low")
    # Criticality 3, stopped: P3; 3bd = 30h of 08:00-18:00: 9h, 10h, 10h, and 1h of Thursday.
    assert world.ticket("records-low")["priority"] == "P3"
    assert world.due("records-low", "resolve") == "Thu 04 09:00"
    world.at("1 Mar 09:30")
    edited_by_hand(world)
    alert(world, "records-high")
    # Criticality 1, stopped: P1; 4h from 09:30. The first ticket stays what it was.
    assert world.ticket("records-high")["priority"] == "P1"
    assert world.due("records-high", "resolve") == "Mon 01 13:30"
    assert world.ticket("records-low")["priority"] == "P3"
    the_audit_says_who(world, batch)
    for name in ("records-low", "records-high"):
        world.ended(name)


def imported_after_a_preview(world: World) -> str:
    """Nothing is written by a preview, nor where one line is wrong; the id of the import."""
    shown = table(world, TABLE, preview=True)
    assert [(row["line"], row["name"]) for row in shown["made"]] == [
        (2, "av-srv-1"),
        (3, "av-pc-2"),
    ]
    assert (shown["changed"], shown["refused"]) == ([], [])
    assert world.of("priya").get(DEVICE).status_code == 404
    (wrong,) = table(world, BAD, preview=True)["refused"]
    assert (wrong["line"], wrong["field"]) == (4, "criticality")
    table(world, BAD, status=422)
    assert world.of("priya").get(DEVICE).status_code == 404
    done = table(world, TABLE)
    assert len(done["made"]) == 2
    return str(done["batch"])


def table(world: World, text: str, *, status: int = 200, preview: bool = False) -> dict:
    answer = world.of("grace").post(
        "/v1/records/devices/import",
        content=text,
        headers={"Content-Type": "text/csv"},
        params={"preview": preview},
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def alert(world: World, name: str) -> None:
    world.alert(name, by="api", client=CLIENT, host="av-srv-1", severity="critical")


def edited_by_hand(world: World) -> None:
    """Of two who read the same version the second is refused."""
    priya, grace = world.help_.api, world.of("grace")  # hers is the token of the stack
    match = {"If-Match": priya.get(DEVICE).headers["ETag"]}
    edit = priya.patch(DEVICE, json={"criticality": 1}, headers=match)
    assert edit.status_code == 200, edit.text
    assert grace.patch(DEVICE, json={"criticality": 2}, headers=match).status_code == 412
    world.changed()
    world.known()


def the_audit_says_who(world: World, batch: str) -> None:
    edit, made = world.get("/v1/records/changes", kind="devices", name="av-srv-1")["items"]
    assert (edit["by"], edit["how"], world.shown(edit["at"])) == ("priya", "api", "Mon 01 09:30")
    assert edit["fields"] == {"criticality": {"before": 3, "after": 1}}
    assert (made["by"], made["how"], made["batch"]) == ("grace", "csv", batch)
    assert (made["before"], made["after"]["criticality"]) == (None, 3)
