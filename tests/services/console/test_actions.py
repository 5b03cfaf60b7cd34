"""What people do is asked of the router as it is meant, and a refusal is told in place."""

import re

import pytest

from tests.services.console.fake_router import problem
from tests.services.console.world import make_ticket

NOW_PLUS_2H = "2026-11-20T16:05:00Z"

FORMS = [
    ("claim", {}, {}),
    ("release", {"reason": "end of shift"}, {"reason": "end of shift"}),
    ("notes", {"text": "done", "reader": "colleagues"}, {"text": "done", "to_client": False}),
    ("notes", {"text": "hello", "reader": "client"}, {"text": "hello", "to_client": True}),
    (
        "plan",
        {"next_step": "swap the disk", "promised_at": "2h", "client_text": ""},
        {"next_step": "swap the disk", "promised_at": NOW_PLUS_2H},
    ),
    ("move", {"to": "next", "reason": "stuck", "tried": ""}, {"reason": "stuck"}),
    ("move", {"to": "group:Network", "reason": "r"}, {"reason": "r", "to_group": "Network"}),
    ("move", {"to": "tier:T3", "reason": "r"}, {"reason": "r", "to_tier": "T3"}),
    ("accept", {"seq": "12"}, {"seq": 12}),
    ("accept-offer", {}, {}),
    ("decline-offer", {"reason": "on the phone"}, {"reason": "on the phone"}),
    ("keep", {}, {}),
    ("hand-over", {"to": "kim", "reason": ""}, {"to": "kim"}),
    (
        "hold",
        {"reason": "client", "asked": "a reboot", "of": "Ruth", "chase_at": "", "until": "16:05"},
        {"reason": "client", "asked": "a reboot", "of": "Ruth", "until": NOW_PLUS_2H},
    ),
    ("resume", {"because": ""}, {}),
    (
        "priority",
        {"priority": "P1", "impact": "1", "urgency": "1", "reason": "r", "step": "confirm"},
        {"priority": "P1", "reason": "r"},
    ),
    (
        "priority",
        {"priority": "", "impact": "1", "urgency": "3", "reason": "r", "step": "confirm"},
        {"impact": 1, "urgency": 3, "reason": "r"},
    ),
    (
        "resolve",
        {"resolution": "log rotated", "tier_below_could": "guide"},
        {"resolution": "log rotated", "tier_below_could": "guide"},
    ),
    ("confirm", {"note": ""}, {}),
    ("reject", {"reason": "still down"}, {"reason": "still down"}),
    ("reopen", {"reason": "again"}, {"reason": "again"}),
    ("close", {"reason": "duplicate"}, {"reason": "duplicate"}),
    ("close", {"reason": "r", "leaving": "alone"}, {"reason": "r", "leaving": "alone"}),
    ("declare-major", {"reason": "all down"}, {"reason": "all down"}),
    ("join", {"parent": "#1040"}, {"parent": 1040}),
    ("leave", {"reason": "another line"}, {"reason": "another line"}),
    (
        "problem",
        {"reason": "again", "title": "", "others": "#1043, 1044"},
        {"reason": "again", "others": [1043, 1044]},
    ),
    ("link-problem", {"problem": "1050"}, {"problem": 1050}),
    ("cause", {"cause": "firmware"}, {"cause": "firmware"}),
    ("workaround", {"workaround": "reboot"}, {"workaround": "reboot"}),
    ("state-complex", {"text": "three vendors"}, {"text": "three vendors"}),
    ("brief", {"text": "a spare comes"}, {"text": "a spare comes"}),
    ("restrict", {"group": "Network", "reason": "r"}, {"group": "Network", "reason": "r"}),
    ("unrestrict", {"reason": "r"}, {"reason": "r"}),
    (
        "reallocate",
        {"reason": "r", "join": "ines, tom", "relieve": ""},
        {"reason": "r", "join": ["ines", "tom"]},
    ),
    (
        "add-action",
        {"what": "swap", "owner": "ines", "due": "16:05", "kind": "preventive"},
        {"what": "swap", "owner": "ines", "due": NOW_PLUS_2H, "kind": "preventive"},
    ),
    (
        "move-action",
        {"number": "2", "due": "2h", "reason": "late"},
        {"number": 2, "due": NOW_PLUS_2H, "reason": "late"},
    ),
    (
        "complete-action",
        {"number": "2", "outcome": "no use", "dropped": "yes"},
        {"number": 2, "outcome": "no use", "dropped": True},
    ),
    (
        "rca",
        {"summary": "it failed", "causes": "no spare\n\n old one ", "place": "", "comment": ""},
        {"summary": "it failed", "causes": ["no spare", "old one"]},
    ),
    (
        "rca",
        {"summary": "", "causes": "", "place": "1042/7", "comment": "late", "step": "done"},
        {"causes": [], "comments": {"1042/7": "late"}, "done": True},
    ),
    ("to-problem", {"problem": "1050"}, {"problem": 1050}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "fields", "body"), FORMS)
async def test_a_form_asks_what_it_says(sam, world, command, fields, body):
    answer = await sam.send(f"/tickets/1042/{command}", {"key": "k-1", **fields})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/tickets/1042?done={command}"
    assert world.asked[-1] == (command, body, "k-1")
    assert 'class="banner good"' in (await sam.get(answer.headers["location"])).text


async def test_only_what_is_allowed_is_offered(sam, world):
    world.tickets[1042]["allowed"] = ["notes", "confirm"]
    page = (await sam.get("/tickets/1042")).text
    offered = set(re.findall(r'action="/tickets/1042/(\w+)"', page))
    assert offered == {"notes", "confirm"}


async def test_every_command_has_its_form(sam, world):
    world.tickets[1042].update(
        allowed=[
            "claim", "release", "notes", "plan", "move", "accept", "hold", "resume", "priority",
            "resolve", "confirm", "reject", "reopen", "close",
        ],
        proposal={"seq": 5, "to_tier": "T2", "to_group": "Network", "reason": "limit reached"},
        trail=["T1/Desk", "T2/Network"],
    )  # fmt: skip
    page = (await sam.get("/tickets/1042")).text
    offered = set(re.findall(r'action="/tickets/1042/(\w+)"', page))
    assert offered == set(world.tickets[1042]["allowed"])
    assert "Could the tier below have done it?" in page
    assert 'label="Up"' in page
    assert 'label="To those who decide more"' in page


async def test_a_ticket_that_never_moved_is_not_asked_about_the_tier_below(sam):
    assert "Could the tier below" not in (await sam.get("/tickets/1042")).text


async def test_a_lead_may_give_a_ticket_to_somebody(sam, priya, world):
    assert "Give it to somebody" not in (await sam.get("/tickets/1042")).text
    assert "Give it to somebody" in (await priya.get("/tickets/1042")).text
    await priya.send("/tickets/1042/claim", {"owner": "leila"})
    assert world.asked[-1][:2] == ("claim", {"owner": "leila"})


async def test_a_lost_race_names_who_has_it_and_shows_the_ticket_as_it_stands(sam, world):
    await sam.get("/tickets/1042")
    world.tickets[1042].update(owner="leila", state="working", allowed=["notes"])
    answer = await sam.send("/tickets/1042/claim", {})
    assert answer.status_code == 409
    assert "leila has it already" in answer.text
    assert "Now Leila has it: working in Desk (T1)." in answer.text
    assert 'action="/tickets/1042/claim"' not in answer.text
    assert 'role="alert"' in answer.text


async def test_a_lost_race_on_the_board_is_told_without_a_page(sam, world):
    world.tickets[1042].update(owner="leila", state="working")
    answer = await sam.send("/tickets/1042/claim", {"back": ""}, headers={"X-Live": "1"})
    assert answer.status_code == 409
    assert "Leila has it" in answer.json()["message"]


async def test_a_claim_from_the_board_goes_back_to_it_as_it_was_narrowed(sam):
    back = "priority=P1&q=a+b"
    answer = await sam.send("/tickets/1042/claim", {"back": back})
    assert answer.headers["location"] == "/?priority=P1&q=a+b&done=claim"
    page = await sam.get(answer.headers["location"])
    assert "It is claimed." in page.text


async def test_going_back_never_leaves_the_console(sam, world):
    for back in ("//evil.example", "https://evil.example", "\r\nX: y"):
        world.tickets[1042]["owner"] = ""
        answer = await sam.send("/tickets/1042/claim", {"back": back})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/?")
        assert "\n" not in answer.headers["location"]


async def test_what_was_typed_is_kept_when_it_is_refused(sam, world):
    world.refuse["plan"] = problem(422, "promise_past", "The promise is in the past")
    fields = {"next_step": "swap <the> disk", "promised_at": "30m"}
    answer = await sam.send("/tickets/1042/plan", fields)
    assert answer.status_code == 422
    assert "The promise is in the past" in answer.text
    assert 'value="swap &lt;the&gt; disk"' in answer.text
    assert re.search(r'<details class="act" id="act-plan" name="act" open>', answer.text)


async def test_a_time_that_cannot_be_read_is_said_before_anything_is_asked(sam, world):
    answer = await sam.send("/tickets/1042/plan", {"next_step": "x", "promised_at": "soon"})
    assert answer.status_code == 422
    assert "2026-11-24 09:00" in answer.text
    assert not [name for name, *_ in world.asked if name == "plan"]


async def test_several_faults_are_all_told(sam, world):
    faults = [
        {"field": "asked", "problem": "is missing"},
        {"field": "of", "problem": "is too long"},
    ]
    world.refuse["hold"] = problem(422, "invalid", "asked: is missing", errors=faults)
    page = (await sam.send("/tickets/1042/hold", {"reason": "client"})).text
    assert "asked: is missing; of: is too long" in page


async def test_the_new_dues_are_shown_before_a_priority_changes(sam, world):
    fields = {"priority": "P3", "reason": "only one printer", "step": "preview"}
    answer = await sam.send("/tickets/1042/priority", fields)
    assert answer.status_code == 200
    assert world.asked[-1][1] == {"priority": "P3", "reason": "only one printer", "preview": True}
    assert "What would change" in answer.text
    assert "Mon 23 Nov 18:00" in answer.text
    assert 'value="only one printer"' in answer.text
    assert 'name="step" value="confirm"' in answer.text
    assert 'value="confirm"' not in (await sam.get("/tickets/1042")).text


async def test_the_address_of_a_form_leads_back_to_its_ticket(sam):
    answer = await sam.get("/tickets/1042/claim")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets/1042")


async def test_an_unknown_command_is_not_passed_on(sam, world):
    answer = await sam.send("/tickets/1042/explode", {})
    assert answer.status_code == 404
    assert not [name for name, *_ in world.asked if name == "explode"]


async def test_a_call_becomes_a_ticket(sam, world):
    world.add(make_ticket(2000, "x"))
    fields = {
        "client": "Harbour Dental", "contact": "Harbour Dental|ruth@harbourdental.example",
        "title": "No phones", "body": "since nine", "type": "incident", "impact": "1",
        "urgency": "1", "site": "Quay Street", "host": "", "start": "Desk", "spoken_to": "yes",
        "key": "k-9",
    }  # fmt: skip
    answer = await sam.send("/new", fields)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("?done=open")
    assert world.asked[-1] == (
        "open",
        {
            "client": "Harbour Dental", "title": "No phones", "body": "since nine",
            "type": "incident", "impact": 1, "urgency": 1, "site": "Quay Street", "start": "Desk",
            "spoken_to": True,
            "requester": {"name": "Ruth Adeyemi", "email": "ruth@harbourdental.example"},
        },
        "k-9",
    )  # fmt: skip


async def test_somebody_who_is_no_contact_can_call_too(sam, world):
    fields = {
        "client": "Harbour Dental", "title": "x", "type": "request",
        "requester_name": "Ida", "requester_email": "ida@harbourdental.example",
    }  # fmt: skip
    await sam.send("/new", fields)
    assert world.asked[-1][1]["requester"]["name"] == "Ida"
    assert world.asked[-1][1]["spoken_to"] is False


async def test_a_contact_of_another_client_is_not_taken(sam, world):
    fields = {
        "client": "Oakfield Schools", "contact": "Harbour Dental|ruth@harbourdental.example",
        "title": "x", "type": "incident",
    }  # fmt: skip
    await sam.send("/new", fields)
    assert "requester" not in world.asked[-1][1]


async def test_a_refused_call_keeps_what_was_typed(sam, world):
    world.refuse["open"] = problem(422, "unknown_client", "There is no client Harbor")
    answer = await sam.send("/new", {"client": "Harbor", "title": "No phones", "type": "incident"})
    assert answer.status_code == 422
    assert "There is no client Harbor" in answer.text
    assert 'value="No phones"' in answer.text


@pytest.mark.parametrize("impact", ["²", "٣", "1" * 5_000])
async def test_what_is_no_number_of_ours_is_left_out(sam, world, impact):
    fields = {"priority": "", "impact": impact, "reason": "r", "step": "confirm"}
    answer = await sam.send("/tickets/1042/priority", fields)
    assert answer.status_code == 303
    assert world.asked[-1][1] == {"reason": "r"}
    assert (await sam.get(f"/tickets/1042?upto={impact[:5]}")).status_code == 200


@pytest.mark.parametrize("key", ["ä", "a\r\nX-Other: b", "k" * 256])
async def test_a_key_that_no_header_can_hold_is_not_passed_on(sam, world, key):
    answer = await sam.send("/tickets/1042/notes", {"key": key, "text": "x"})
    assert answer.status_code == 400
    assert "Load the page again" in answer.text
    assert not world.asked


async def test_next_for_me_claims_and_shows_what_comes_next(sam, world):
    assert 'action="/next"' in (await sam.get("/")).text
    answer = await sam.send("/next", {"key": "k-1"})
    assert answer.headers["location"] == "/tickets/1042?done=claim"
    assert world.asked[-1] == ("next", {}, "k-1")
    again = await sam.send("/next", {"key": "k-2"})
    assert again.headers["location"] == "/?done=nothing-next"
    assert "Nothing that fits waits" in (await sam.get(again.headers["location"])).text
    assert (await sam.get("/next")).headers["location"] == "/"


async def test_what_is_offered_and_what_somebody_had_to_leave_is_seen(sam, world):
    soon = "2026-11-20T14:10:00Z"
    offer = {"to": "sam", "until": soon, "tried": [], "again_at": None, "lead_told": False}
    world.add(make_ticket(1050, "Left behind", claim_ended="end of shift"))
    world.tickets[1042].update(
        offer=offer, offered_to="sam", offered_until=soon, allowed=["accept-offer", "decline-offer"]
    )
    page = (await sam.get("/tickets/1042")).text
    assert "Offered to you" in page
    assert 'action="/tickets/1042/accept-offer"' in page
    assert 'action="/tickets/1042/decline-offer"' in page
    board = (await sam.get("/")).text
    assert "offered to Sam until" in board
    assert "end of shift" in board
    assert board.index("#1050") < board.index("#1042"), "on top of its queue"


async def test_an_owner_sees_when_the_claim_ends_and_may_keep_it(sam, world):
    end = {
        "at": "2026-11-20T16:00:00Z", "because": "shift", "told": False, "kept": False,
        "stand_in": "",
    }  # fmt: skip
    world.tickets[1042].update(owner="sam", state="working", claim_end=end, allowed=["keep"])
    page = (await sam.get("/tickets/1042")).text
    assert "The claim ends at" in page
    assert 'action="/tickets/1042/keep"' in page
