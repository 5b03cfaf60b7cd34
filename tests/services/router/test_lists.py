"""Lists, complete and stable while tickets come; the timeline; notices; the board."""

import pytest

from tests.services.router.world import HARBOUR, OAKFIELD


async def pages(world, params, *, between=None, path="/v1/tickets"):
    found, cursor, client = [], "", world.as_("sam")
    for _ in range(1_000):
        answer = await client.get(path, params={**params, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found
        if between is not None:
            await between()
    raise AssertionError("the list never ends")


@pytest.mark.parametrize("sort", ["promise", "opened", "priority", "number"])
async def test_pages_hold_every_ticket_once_while_others_come(world, sort):
    numbers = await world.open_many([f"alert {i}" for i in range(40)])
    priorities = ["P1", "P2", "P3", "P4"]
    for number in numbers[:12]:
        await world.did("priya", number, "priority", reason="x", priority=priorities[number % 2])
    for number in numbers[12:20]:  # a running promise gone: they sort last
        await world.did("priya", number, "hold", reason="client", asked="x")
        await world.did("priya", number, "resolve", resolution="x")

    async def others_come():
        await world.open_many(["newcomer", "newcomer"])

    found = await pages(world, {"sort": sort, "limit": 7}, between=others_come)
    listed = [ticket["number"] for ticket in found]
    assert len(listed) == len(set(listed))
    assert set(numbers) <= set(listed)


async def test_the_default_is_open_tickets_the_soonest_promise_first(world):
    closed = await world.open()
    await world.did("priya", closed, "close", reason="spam")
    late, soon = await world.open(impact=3, urgency=3), await world.open(impact=1, urgency=1)
    found = (await world.as_("sam").get("/v1/tickets")).json()
    assert [ticket["number"] for ticket in found["items"]] == [soon, late]
    assert found["next_cursor"] is None
    dues = [ticket["promise"]["due"] for ticket in found["items"]]
    assert dues == sorted(dues)


async def test_a_list_is_narrowed_by_each_parameter_and_any_of_its_values(world):
    desk = await world.open("Printer on fire")
    oak = await world.open("100% CPU_load", client=OAKFIELD, start="Network", priority="P1")
    await world.did("ines", oak, "claim")
    held = await world.open("Fax", type="request")
    await world.did("sam", held, "hold", reason="client", asked="x")
    everything = {desk, oak, held}
    cases = [
        ({"state": "queued"}, {desk}),
        ({"state": ["queued", "working"]}, {desk, oak}),
        ({"tier": "T2"}, {oak}),
        ({"group": ["Desk", "Network"]}, everything),
        ({"owner": "ines"}, {oak}),
        ({"owner": "none"}, {desk, held}),
        ({"owner": ["none", "ines"]}, everything),
        ({"owner": "me"}, set()),
        ({"owner": ""}, set()),
        ({"client": OAKFIELD}, {oak}),
        ({"client": HARBOUR, "state": "on_hold"}, {held}),
        ({"priority": "P1"}, {oak}),
        ({"type": "request"}, {held}),
        ({"q": "printer"}, {desk}),
        ({"q": "100% cpu_"}, {oak}),
        ({"q": "%"}, {oak}),
        ({"q": "_"}, {oak}),
        ({"q": f"#{desk}"}, {desk}),
        ({"q": str(2**70)}, set()),
        ({"state": "closed"}, set()),
    ]
    for params, expected in cases:
        answer = await world.as_("sam").get("/v1/tickets", params=params)
        assert answer.status_code == 200, (params, answer.text)
        assert {t["number"] for t in answer.json()["items"]} == expected, params
    mine = await world.as_("ines").get("/v1/tickets", params={"owner": "me"})
    assert {t["number"] for t in mine.json()["items"]} == {oak}
    nobodys = await world.as_("all").get("/v1/tickets", params={"owner": "me"})
    assert nobodys.status_code == 422


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyJvcGVuZWQiLDFd", "e30", "é"])
async def test_a_cursor_this_list_did_not_give_out_is_refused(shared_world, cursor):
    answer = await shared_world.as_("sam").get("/v1/tickets", params={"cursor": cursor})
    assert answer.status_code == 422
    assert "cursor" in answer.json()["detail"]


async def test_a_row_and_the_whole_ticket_agree(world):
    number = await world.open()
    await world.did("leila", number, "claim")
    (row,) = (await world.as_("sam").get("/v1/tickets")).json()["items"]
    whole = await world.ticket(number, "sam")
    assert row == {name: whole[name] for name in row}


async def test_the_timeline_goes_on_where_it_was_left(world):
    number = await world.open()
    for text in ("one", "two", "three"):
        await world.did("sam", number, "notes", text=text)
    client, path = world.as_("sam"), f"/v1/tickets/{number}/events"
    whole = (await client.get(path)).json()["items"]
    assert [event["seq"] for event in whole] == list(range(1, len(whole) + 1))
    assert whole[0]["why"]["rule"] == "opened by hand"
    assert whole[-1]["words"] == "Sam noted: three."
    parts = (await client.get(path, params={"limit": 2})).json()["items"]
    rest = (await client.get(path, params={"after": parts[-1]["seq"]})).json()["items"]
    assert parts + rest == whole


async def test_notices_show_channel_attempts_and_proof(world):
    number = await world.open()
    await world.sql(
        "INSERT INTO tierline.message (channel, address, key, content, state, proof)"
        " VALUES ('mail', 'sam@northwind.example', 'k', '{}', 'delivered', '250 ok')"
    )
    await world.sql(
        "INSERT INTO tierline.attempt (message, number, ended_at, outcome)"
        " SELECT id, n, now(), 'sent' FROM tierline.message, generate_series(1, 2) AS n"
    )
    for recipient, message in (("sam", "(SELECT max(id) FROM tierline.message)"), ("tom", "NULL")):
        state = "delivered" if recipient == "sam" else "suppressed"
        await world.sql(
            "INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach,"
            f" policy, why, state, message) VALUES ({number}, 1, '{HARBOUR}', 'person',"
            f" '{recipient}', 'opened', 'notify', 'v', 'w', '{state}', {message})"
        )
    path = f"/v1/tickets/{number}/notices"
    told = {n["recipient"]: n for n in (await world.as_("sam").get(path)).json()["items"]}
    assert told["sam"]["proof"] == "250 ok"
    assert [attempt["number"] for attempt in told["sam"]["attempts"]] == [1, 2]
    assert (told["tom"]["channel"], told["tom"]["attempts"]) == ("", [])
    counted = (await world.ticket(number))["notices"]
    assert (counted["delivered"], counted["suppressed"], counted["failed"]) == (1, 1, 0)
    listed = await pages(world, {"limit": 1}, path="/v1/notices")
    assert [notice["recipient"] for notice in listed] == ["tom", "sam"]
    narrowed = await pages(world, {"state": "suppressed"}, path="/v1/notices")
    assert [notice["recipient"] for notice in narrowed] == ["tom"]


async def test_the_board_counts_by_group_state_and_priority(world):
    number = await world.open(priority="P1")
    await world.open(priority="P2", start="Network")
    await world.did("leila", number, "claim")
    board = (await world.as_("sam").get("/v1/board")).json()
    assert [column["tier"] for column in board["columns"]][:2] == ["triage", "T1"]
    groups = {g["name"]: g for c in board["columns"] for g in c["groups"]}
    assert (groups["Desk"]["load"], groups["Desk"]["unclaimed"]) == (1, 0)
    assert (groups["Network"]["load"], groups["Network"]["unclaimed"]) == (1, 1)
    assert groups["Infrastructure"]["staffed"] is True  # Monday, nine in the morning
    assert (board["counts"]["working"], board["counts"]["P2"]) == (1, 1)


async def test_the_policy_lists_members_by_login(shared_world):
    policy = (await shared_world.as_("sam").get("/v1/policy")).json()
    groups = {group["name"]: group for group in policy["groups"]}
    assert {"login": "tom", "name": "Tom"} in groups["Network"]["members"]
    assert policy["contacts"][HARBOUR][0]["name"] == "Ruth Adeyemi"
    assert policy["version"].startswith("sha256:")
