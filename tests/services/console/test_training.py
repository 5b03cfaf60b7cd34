"""The page of training, and the guides on a ticket's page."""

from tests.services.console.fake_router import problem

FORM = {"ticket": "1042", "seq": "9", "state": "planned", "note": "Tom shows it", "key": "k1",
        "tier": "T1", "only": ""}  # fmt: skip


async def test_items_are_listed_with_the_next_session_and_whether_it_helped(priya, world):
    page = (await priya.get("/training", params={"tier": "T1", "only": "done"})).text
    assert ("training", [("state", "done"), ("tier", "T1")], "") in world.asked
    assert "<b>T1</b>: next session Tue 1 Dec 09:00, 0 planned, 1 open" in page
    assert "T1 could have done it with <b>guide</b>" in page
    assert "Escalations about vpn: 6 in the 28 days before, 1 in the 3 days since." in page
    assert '<a href="/tickets/998">#998</a>' in page
    assert ">Open again</button>" in page


async def test_a_technician_reads_and_marks_nothing(sam):
    page = (await sam.get("/training")).text
    assert "T1 could have done it" in page
    assert "</button>" in page  # that of the filter
    assert ">Open again</button>" not in page


async def test_an_item_is_marked_once_and_the_filter_stays(priya, world):
    answer = await priya.send("/training", FORM, token=await priya.token("/training"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/training?tier=T1")
    assert ("mark 1042/9", {"state": "planned", "note": "Tom shows it"}, "k1") in world.asked


async def test_a_refusal_is_shown(priya, world):
    world.refuse["mark"] = problem(403, "lead_decides", "training is a lead's to plan")
    answer = await priya.send("/training", FORM)
    assert answer.status_code == 403
    assert "training is a lead&#39;s to plan" in answer.text


async def test_a_tickets_page_has_the_guides_of_its_category(sam, world):
    assert "Guides for" not in (await sam.get("/tickets/1042")).text
    world.guides.append(
        {"category": "server", "title": "Disk full", "steps": ["Look at <b>logs"],
         "link": "javascript:alert(1)", "review_by": "2026-11-01", "overdue": True}
    )  # fmt: skip
    page = (await sam.get("/tickets/1042")).text
    assert "Guides for server" in page
    assert "<li>Look at &lt;b&gt;logs</li>" in page
    assert "to be reviewed since 2026-11-01" in page
    assert "javascript:" not in page
