"""Major incidents, problems and known errors on the pages."""

from tests.services.console.world import NOW, make_ticket

KNOWN = {
    "number": 1050, "title": "Switches die", "client": "Harbour Dental", "category": "network",
    "host": "", "state": "working", "priority": "P3", "owner": "sam", "cause": "bad firmware",
    "workaround": "power-cycle <it>", "count": 3, "last_at": NOW, "opened_at": NOW,
}  # fmt: skip


async def test_the_board_names_each_open_major_incident(sam, world):
    world.majors.append(
        {"number": 1040, "title": "Line down", "client": "Oakfield Schools", "state": "working",
         "since": NOW, "children": 12, "clients": 3}
    )  # fmt: skip
    page = (await sam.get("/")).text
    assert "#1040 Line down" in page
    assert "12 tickets under it, 3 clients affected" in page


async def test_a_ticket_says_what_it_is_part_of_and_what_helps(sam, world):
    helps = {"problem": 1050, "title": "Switches die", "cause": "bad firmware",
             "workaround": "power-cycle <it>", "because": "same device"}  # fmt: skip
    world.add(
        make_ticket(1043, "No internet", under=1040, under_since=NOW, problem=1050,
                    workarounds=[helps])
    )  # fmt: skip
    page = (await sam.get("/tickets/1043")).text
    assert 'href="/tickets/1040"' in page
    assert "power-cycle &lt;it&gt;" in page
    assert "same device" in page
    assert "is behind it" in page


async def test_a_major_incident_lists_its_children_and_what_was_not_helped(sam, world):
    child = {"number": 1043, "title": "No internet", "client": "Harbour Dental",
             "state": "on_hold", "priority": "P2", "group": "Desk", "owner": ""}  # fmt: skip
    left = {"ticket": 1044, "because": "it still fires"}
    major = {"since": NOW, "children": [1043], "leftovers": [left]}
    world.add(make_ticket(1040, "Line down", major=major, children=[child], allowed=["close"]))
    page = (await sam.get("/tickets/1040")).text
    assert "Major incident" in page
    assert 'href="/tickets/1043"' in page
    assert "it still fires" in page
    assert 'name="leaving"' in page


async def test_a_problem_shows_its_cause_its_workaround_and_how_often_it_was_seen(sam, world):
    finding = {"cause": "bad firmware", "workaround": "power-cycle it", "known_error": True,
               "tickets": [1043, 1044], "count": 2, "last_at": NOW}  # fmt: skip
    world.add(make_ticket(1050, "Switches die", type="problem", finding=finding))
    page = (await sam.get("/tickets/1050")).text
    for said in ("known error", "bad firmware", "power-cycle it", "seen 2 times"):
        assert said in page


async def test_known_errors_are_listed_and_narrowed_to_a_client(sam, world):
    assert "Open a problem from a ticket" in (await sam.get("/known-errors")).text
    world.known.append(KNOWN)
    page = (await sam.get("/known-errors")).text
    assert "power-cycle &lt;it&gt;" in page
    assert "seen 3 times" in page
    other = (await sam.get("/known-errors", params={"client": "Oakfield Schools"})).text
    assert "Switches die" not in other
