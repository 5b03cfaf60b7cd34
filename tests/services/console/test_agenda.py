"""The pages To confirm and Scheduled."""

from tests.services.console.fake_router import problem

WAITING = {
    "number": 1042, "title": "Disk almost full", "client": "Harbour Dental", "type": "incident",
    "priority": "P2", "requester": {"name": "Ruth", "email": "ruth@x.example"},
    "resolution": "a new disk", "resolved_at": "2026-11-20T13:00:00Z", "resolved_by": "leila",
    "reminders": 1, "closes_at": "2026-11-24T10:00:00Z", "allowed": ["confirm", "reject"],
}  # fmt: skip
BOOKED = {
    "number": 1042, "title": "New phones", "client": "Harbour Dental", "type": "request",
    "priority": "P4", "state": "on_hold", "group": "Desk", "owner": "sam",
    "start": "2026-11-18T09:00:00Z", "end": "2026-11-18T11:00:00Z", "overlaps": [1043],
}  # fmt: skip


def asked(world, what):
    return [said for kind, said, _ in world.asked if kind == what]


async def test_what_waits_for_me_says_since_when_and_when_it_closes(sam, world):
    world.confirmable = [WAITING]
    page = (await sam.get("/to-confirm")).text
    for text in ("Ruth", "13:00 by Leila", "1 time", "Tue 24 Nov 10:00", "a new disk"):
        assert text in page, text
    assert "Nothing waits" not in page


async def test_one_click_confirms_and_a_reason_rejects(sam, world):
    world.confirmable = [WAITING]
    token = await sam.token("/to-confirm")
    done = await sam.send("/to-confirm", {"number": "1042", "do": "confirm"}, token=token)
    assert (done.status_code, done.headers["location"]) == (303, "/to-confirm")
    said = {"number": "1042", "do": "reject", "reason": "still full"}
    await sam.send("/to-confirm", said, token=token)
    assert asked(world, "confirm") == [{}]
    assert asked(world, "reject") == [{"reason": "still full"}]


async def test_a_refusal_is_shown_with_the_list(sam, world):
    world.confirmable = [WAITING]
    world.refuse["confirm"] = problem(409, "not_resolved", "only a resolved ticket")
    token = await sam.token("/to-confirm")
    page = await sam.send("/to-confirm", {"number": "1042", "do": "confirm"}, token=token)
    assert (page.status_code, "#1042: only a resolved ticket" in page.text) == (409, True)


async def test_nothing_else_is_done_from_there(sam, world):
    token = await sam.token("/to-confirm")
    page = await sam.send("/to-confirm", {"number": "1042", "do": "close"}, token=token)
    assert page.status_code == 404
    assert asked(world, "close") == []


async def test_a_week_from_monday_with_overlaps_marked(sam, world):
    world.booked = [BOOKED]
    page = (await sam.get("/scheduled")).text
    assert asked(world, "scheduled") == [
        {"from": "2026-11-16T00:00:00Z", "until": "2026-11-23T00:00:00Z"}
    ]
    assert "Wed 18 Nov" in page
    assert 'overlaps <a href="/tickets/1043">#1043</a>' in page
    assert page.count("nothing") == 6


async def test_another_week_and_only_mine(sam, world):
    await sam.get("/scheduled", params={"week": "2026-12-03", "owner": "me"})
    await sam.get("/scheduled", params={"week": "tomorrow"})
    first, second = asked(world, "scheduled")
    assert (first["from"], first["owner"]) == ("2026-11-30T00:00:00Z", "me")
    assert second["from"] == "2026-11-16T00:00:00Z"
