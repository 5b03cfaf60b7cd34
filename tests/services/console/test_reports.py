"""The pages of reports."""


async def test_a_groups_list_says_what_breaks_before_anyone_is_in(sam, world):
    page = await sam.get("/groups/Desk/list", params={"at": "opening"})
    assert page.status_code == 200
    assert "Breaks before the next opening, Mon 23 Nov 08:00 (2)" in page.text
    assert '<a href="/tickets/1042">#1042</a>' in page.text
    assert ", when nobody is in; unclaimed" in page.text
    assert "and 1 more" in page.text
    assert ("list Desk", "opening", "") in world.asked
    assert "<option selected>opening</option>" in page.text
    assert 'href="/groups/Network/list?at=opening"' in page.text


async def test_an_empty_list_says_so_and_an_unknown_kind_is_the_closing(sam, world):
    page = (await sam.get("/groups/Network/list", params={"at": "noon"})).text
    assert "Nothing breaks before Mon 23 Nov 08:00" in page
    assert ("list Network", "closing", "") in world.asked


async def test_the_week_is_a_table_with_last_week_beside_it_and_the_letters(sam):
    page = (await sam.get("/reports/week", params={"week": "2026-W45"})).text
    assert "The week 2026-W45" in page
    assert "<tr><td>resolved by people</td><td>12</td>" in page
    assert "closing, Desk" in page
    assert "250 ok" in page


async def test_the_ledger_links_the_event_that_brought_the_ticket_back(sam, world):
    page = (await sam.get("/reports/bounces", params={"since": "7d", "group": "Desk"})).text
    assert "Desk to Network and back: 1, 40m lost" in page
    assert '<a href="/tickets/1042#e5">#1042</a> Disk &lt;b&gt;full' in page
    assert ("bounces", ("2026-11-13T14:05:00Z", "", "Desk"), "") in world.asked


async def test_a_ledger_without_bounces_says_so(sam):
    page = (await sam.get("/reports/bounces", params={"client": "Harbour Dental"})).text
    assert "Nothing went somewhere and straight back." in page


async def test_the_board_leads_to_each_groups_list(sam):
    assert 'href="/groups/Desk/list"' in (await sam.get("/")).text
