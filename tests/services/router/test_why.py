"""`GET /v1/tickets/{number}/why`: answers from the log, behind the same walls."""

from tests.services.router.world import OAKFIELD


async def asked(world, number, who="sam", **params):
    answer = await world.as_(who).get(f"/v1/tickets/{number}/why", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(world, number, who="sam", **params):
    answer = await world.as_(who).get(f"/v1/tickets/{number}/why", params=params)
    assert answer.status_code >= 400, answer.text
    return answer.status_code, answer.json()


async def notice(world, number, seq, recipient, occasion, state, reason=""):
    await world.sql(
        "INSERT INTO tierline.notice"
        " (ticket, seq, client, kind, recipient, occasion, reach, policy, why, state, reason)"
        " SELECT id, $2, client, 'person', $3, $4, 'notify', 'v1', 'w', $5, $6"
        " FROM tierline.ticket WHERE id = $1",
        number,
        seq,
        recipient,
        occasion,
        state,
        reason,
    )


async def moved_by_time(world):
    number = await world.open()
    await world.did("sam", number, "claim")
    await world.jump(hours=2)
    await world.did("sam", number, "notes", text="what time had brought is recorded now")
    return number


async def test_without_a_question_it_is_why_the_ticket_is_where_it_is(world):
    number = await moved_by_time(world)
    found, ticket = await asked(world, number), await world.ticket(number)
    assert ticket["group"] in found["words"][0]
    assert found["words"][1].startswith("Last cause: ")
    assert found["events"][0]["type"] == "routed"
    assert found["events"][-1]["type"] == "escalated"
    assert all(event["words"].endswith(".") for event in found["events"])
    assert found["policies"] == [world.context.source.current.version]


async def test_an_event_is_explained_with_its_rule_values_and_ledger(world):
    number = await moved_by_time(world)
    events = (await world.as_("sam").get(f"/v1/tickets/{number}/events")).json()["items"]
    seq = next(event["seq"] for event in events if event["type"] == "escalated")
    found = await asked(world, number, seq=seq)
    assert found["decided_by"] == "tier lapse"
    assert found["values"]["floor"]["group"]
    assert found["clock"]["name"] == "tier"
    clock = found["clock"]
    assert clock["carried_s"] + clock["counted_s"] == clock["target_s"]
    for event in events:
        assert (await asked(world, number, seq=event["seq"]))["words"]


async def test_who_was_not_told_is_said_from_the_notices(world):
    number = await moved_by_time(world)
    await world.did("sam", number, "notes", text="x", to_client=True)
    seq = (await world.ticket(number))["seq"]
    await notice(world, number, seq, "tom", "client note", "suppressed", "they did it themselves")
    found = await asked(world, number, not_told="tom", about="noted")
    assert f"Event {seq}, Noted: suppressed: they did it themselves." in found["words"]
    assert found["items"][-1]["outcome"] == "suppressed"
    assert found["policies"][0] == "v1"
    by_name = await asked(world, number, not_told="Tom", about="client note")
    assert [item["seq"] for item in by_name["items"]] == [seq]
    assert by_name["items"][0]["reason"] == "they did it themselves"


async def test_why_it_is_still_there(world):
    number = await world.open()
    found = await asked(world, number, still="T1")
    assert found["decided_by"] == "tier clock"
    assert found["would_take"].startswith("It moves to T2 at ")
    assert found["clock"]["due"]
    assert (await asked(world, number, still="T3"))["clock"] is None


async def test_questions_that_cannot_be_answered_are_refused_and_say_why(world):
    number = await world.open()
    cases = [
        ({"seq": 99}, 422, "nothing_to_explain", "events 1 to"),
        ({"still": "T9"}, 422, "nothing_to_explain", "there is no tier T9"),
        ({"not_told": "tom", "about": "x"}, 422, "nothing_to_explain", "neither a type of event"),
        ({"seq": 1, "still": "T1"}, 422, "invalid", "one thing"),
        ({"about": "breached"}, 422, "invalid", "goes with not_told"),
    ]
    for params, status, code, words in cases:
        got, problem = await refused(world, number, **params)
        assert (got, problem["code"]) == (status, code), params
        assert words in str(problem)


async def test_who_was_told_is_for_those_who_may_read_notices(world):
    number = await world.open()
    status, problem = await refused(world, number, who="reader", not_told="tom")
    assert (status, problem["code"]) == (403, "scope")
    assert (await asked(world, number, who="reader"))["words"]


async def test_another_clients_ticket_is_not_explained_whatever_is_asked(world):
    hidden = await world.open(client=OAKFIELD)
    for params in ({}, {"seq": 1}, {"still": "T1"}, {"not_told": "tom"}):
        status, problem = await refused(world, hidden, who="wally", **params)
        assert (status, problem["code"]) == (404, "no_such_ticket")


async def test_a_log_that_is_too_long_is_refused(world, monkeypatch):
    number = await world.open()
    monkeypatch.setattr("router.routes.why.EXPLAINED_EVENTS_MAX", 1)
    status, problem = await refused(world, number)
    assert (status, problem["code"]) == (422, "too_long")
