"""Management, actions and the analysis: on the ticket, on the board, on pages of their own."""

from tests.services.console.overseen import overseen_ticket

TIMES = "\N{MULTIPLICATION SIGN}"


def asked(world, what):
    return [said for kind, said, _ in world.asked if kind == what]


async def test_the_ticket_says_who_looks_what_they_are_owed_and_what_is_to_be_done(sam, world):
    world.add(overseen_ticket(1050))
    page = (await sam.get("/tickets/1050")).text
    for said in (
        "<b>Management looks</b>",
        "Grace (Any P1)",
        "unless that changes: Open too long",
        '<b class="bad">2 missed</b>',
        '<b class="bad">overdue</b> since',
        "three &lt;vendors&gt;",
        "<b>Beside the owner:</b> Ines",
        f"moved 2{TIMES}",
        "done: called",
        "it is written on a problem: hand it to one",
    ):
        assert said in page, said
    assert '<option value="1">1: swap the card</option>' in page
    assert "2: call them" not in page, "only what is open can be completed"


async def test_the_board_marks_what_management_looks_at_and_what_is_overdue(sam, world):
    world.add(overseen_ticket(1050))
    page = (await sam.get("/?q=core")).text
    assert ">management</span>" in page
    assert ">action overdue</span>" in page
    assert ">management</span>" not in (await sam.get("/?q=disk")).text


async def test_actions_are_mine_or_everybodys(sam, world):
    page = (await sam.get("/actions")).text
    assert asked(world, "actions")[-1] == [("owner", "me"), ("limit", "100")]
    assert "order a &lt;second&gt; card" in page
    assert f"moved 3{TIMES}" in page
    assert '<b class="bad">overdue</b>' in page
    await sam.get("/actions", params={"owner": "all", "overdue": "yes", "cursor": "c-1"})
    assert asked(world, "actions")[-1] == [
        ("owner", "all"), ("limit", "100"), ("overdue", "true"), ("cursor", "c-1"),
    ]  # fmt: skip
    await sam.get("/actions", params={"owner": "somebody"})
    assert asked(world, "actions")[-1][0] == ("owner", "me")


async def test_the_analysis_prints_and_is_written_where_it_may_be(sam, world):
    page = (await sam.get("/tickets/1042/rca")).text
    assert "no &lt;spare&gt;" in page
    assert "far too late" in page
    assert "and 4 more events" in page
    assert "Still missing: actions." in page
    assert 'name="causes"' not in page
    world.add(overseen_ticket(1050))
    page = (await sam.get("/tickets/1050/rca")).text
    assert 'name="causes"' in page
    assert '<option value="1042/1">' in page
