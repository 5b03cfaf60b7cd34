"""Every page shows what the router knows, to those who are logged in."""

from datetime import datetime, timedelta

import pytest

from tests.services.console.conftest import Person
from tests.services.console.fake_router import problem
from tests.services.console.world import clock, make_notice, make_ticket

PAGES = [
    "/",
    "/tickets/1042",
    "/new",
    "/notices",
    "/records/clients",
    "/records/devices/new",
    "/records/devices/import",
    "/records/devices/history",
    "/clock",
    "/on-call",
    "/known-errors",
    "/policy",
    "/actions",
    "/tickets/1042/rca",
]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_asks_for_a_login_first_and_comes_back(visitor, path):
    answer = await visitor.get(path)
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert where.startswith("/login?next=")
    page = await visitor.get(where)
    assert f'name="next" value="{path}"' in page.text
    landed = await visitor.log_in(next=path)
    assert (landed.status_code, landed.headers["location"]) == (303, path)
    assert (await visitor.get(path)).status_code == 200


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_whole(sam, path):
    answer = await sam.get(path)
    assert answer.status_code == 200
    assert answer.text.rstrip().endswith("</html>")
    for landmark in ('<main id="main"', "<nav", '<html lang="en">', 'href="#main"'):
        assert landmark in answer.text
    assert " style=" not in answer.text
    assert "onclick" not in answer.text


async def test_the_board_shows_a_ticket_in_its_queue(sam):
    page = (await sam.get("/")).text
    assert 'href="/tickets/1042"' in page
    assert "Disk almost full on hd-srv-01" in page
    assert 'data-due="2026-11-20T16:40:00Z"' in page
    assert "2h 35m" in page
    assert page.index("Desk") < page.index("#1042") < page.index("Network")


async def test_a_broken_promise_is_said_in_words(sam, world):
    world.tickets[1042]["promise"] = {
        "clock": "resolve", "due": "2026-11-20T13:00:00Z", "breached": True,
    }  # fmt: skip
    page = (await sam.get("/")).text
    assert "<em>breached</em>" in page
    assert "over 1h 05m" in page
    assert "<b>1</b> promise breached" in page


async def test_an_empty_board_says_how_to_send_a_first_alert(sam, world):
    world.tickets.clear()
    page = (await sam.get("/")).text
    assert "curl -s http://intake.test/v1/alerts" in page
    assert 'href="/new"' in page


async def test_a_board_narrowed_to_nothing_says_so(sam):
    page = (await sam.get("/?priority=P4")).text
    assert "Nothing matches" in page
    assert "curl" not in page


async def test_the_filters_are_the_routers_query(sam, world):
    await sam.get("/?owner=me&groups=mine&client=Harbour+Dental&priority=P1&priority=P2&q=disk")
    asked = [query for name, query, _ in world.asked if name == "tickets"][-1]
    assert asked == [
        ["limit", "200"], ["sort", "promise"], ["owner", "me"], ["client", "Harbour Dental"],
        ["q", "disk"], ["priority", "P1"], ["priority", "P2"], ["group", "Dispatch"],
        ["group", "Desk"],
    ] or asked == [
        ("limit", "200"), ("sort", "promise"), ("owner", "me"), ("client", "Harbour Dental"),
        ("q", "disk"), ("priority", "P1"), ("priority", "P2"), ("group", "Dispatch"),
        ("group", "Desk"),
    ]  # fmt: skip


async def test_a_ticket_of_a_place_the_policy_has_lost_is_still_in_sight(sam, world):
    world.add(make_ticket(7, "Lost", tier="T9", group="Gone"))
    page = (await sam.get("/")).text
    assert "T9" in page
    assert "#7" in page


async def test_a_ticket_shows_promises_timeline_and_why(sam, world):
    world.tickets[1042]["clocks"].append(
        clock("update", "2026-11-20T13:00:00Z", breached_at="2026-11-20T13:00:00Z")
    )
    page = (await sam.get("/tickets/1042")).text
    for expected in (
        "Routed to Desk (T1).", "Everything else", "3f9ac1d2", "the disk of hd-srv-01",
        "paused: hold", "met 14:06", "told Sam", "proof: 250 OK", "breached 13:00",
    ):  # fmt: skip
        assert expected in page
    assert page.index("Routed to Desk") < page.index("Opened as P2"), "the latest comes first"


@pytest.mark.parametrize(("resold", "told"), [(True, True), (False, False)])
async def test_waiting_for_whom_we_resell_is_said_to_stop_no_promise(sam, world, resold, told):
    world.tickets[1042]["hold"] = {
        "reason": "vendor", "asked": "a new line card", "of": "Northgrid", "resold": resold,
        "next_chase": "2026-11-23T14:00:00Z", "until": None,
    }  # fmt: skip
    page = (await sam.get("/tickets/1042")).text
    assert "a new line card (asked of Northgrid)." in page
    assert ("We resell what they make, so the promises to the client run on." in page) is told


async def test_each_promise_opens_to_why_it_is_due_then(sam, world):
    stretch = {"start": "2026-11-20T13:00:00Z", "end": "2026-11-20T16:40:00Z", "reason": ""}
    world.dues[1042] = [
        {
            "name": "resolve",
            "target_s": 14_400,
            "carried_s": 1_200,
            "held_for": "",
            "holds": ["client"],
            "policy": "3f9ac1d2",
            "calendar": {"timezone": "Europe/London"},
            "ledger": [{**stretch, "kind": "counted", "counted_s": 13_200}],
        }
    ]
    page = (await sam.get("/tickets/1042")).text
    entry = page[page.index('id="due-resolve"') :]
    entry = entry[: entry.index("</details>")]
    for expected in ("Why due then?", "carried in", "counted", "Europe/London", "held on client"):
        assert expected in entry


async def test_each_event_leads_to_why_it_happened(sam, world):
    page = (await sam.get("/tickets/1042")).text
    entry = page[page.index('id="why-2"') :]
    assert 'href="/tickets/1042/why?seq=2"' in entry[: entry.index("</details>")]
    world.why = {
        "words": ["T1 limit reached: <b>unclaimed</b>."],
        "would_take": "A plan.",
        "decided_by": "tier lapse",
        "policies": ["3f9ac1d2"],
        "clock": {"name": "tier", "target_s": 1_800, "policy": "3f9ac1d2", "ledger": []},
        "events": [{"seq": 2, "at": "2026-11-20T13:00:00Z", "words": "It moved."}],
        "items": [],
    }
    page = (await sam.get("/tickets/1042/why?seq=2&nonsense=1")).text
    for expected in (
        "Why did event 2 happen?", "T1 limit reached: &lt;b&gt;unclaimed", "A plan.", "tier lapse",
        "What the tier clock counted", "It moved.", 'href="/tickets/1042#e2"',
    ):  # fmt: skip
        assert expected in page
    assert "nonsense" not in page


async def test_the_other_questions_are_asked_from_the_page_of_an_answer(sam, world):
    page = (await sam.get("/tickets/1042/why?not_told=<lead>&about=breached")).text
    assert "Why was &lt;lead&gt; not told?" in page
    assert "breached" in page
    assert "<option selected>T1</option>" in (await sam.get("/tickets/1042/why?still=T1")).text
    refused = await sam.get("/tickets/1042/why?still=T9")
    assert refused.status_code == 422
    assert "there is no tier T9" in refused.text


async def test_a_failed_notice_is_seen_without_opening_anything(sam, world):
    world.notices = [
        make_notice(1042, 2, state="failed", reason="mailbox full", recipient="Tom"),
        make_notice(1042, 2, state="suppressed", recipient="Ines", reason="did it herself"),
    ]
    page = (await sam.get("/tickets/1042")).text
    entry = page[page.index('id="e2"') :]
    assert "mailbox full" in entry[: entry.index("<details")]
    assert "Not told" in entry


async def test_a_long_timeline_is_shown_in_parts(sam, world):
    world.tickets[1042]["seq"] = 450
    world.events[1042] = [
        {**world.events[1042][0], "seq": seq, "words": f"word {seq}."} for seq in range(1, 451)
    ]
    page = (await sam.get("/tickets/1042")).text
    assert "word 450." in page
    assert "word 250." not in page
    assert 'href="/tickets/1042?upto=250"' in page
    earlier = (await sam.get("/tickets/1042?upto=250")).text
    assert "word 250." in earlier
    assert "word 251." not in earlier


async def test_a_ticket_that_is_not_there_is_a_page_of_its_own(sam):
    for path in ("/tickets/9", "/tickets/abc", "/tickets/99999999999999999999999"):
        answer = await sam.get(path)
        assert answer.status_code == 404
        assert "Not found" in answer.text


async def test_notices_show_what_failed_first(sam, world):
    world.notices.append(make_notice(1042, 1, state="failed", reason="refused", recipient="Tom"))
    page = (await sam.get("/notices")).text
    assert page.index("these people do not know") < page.index("The latest")
    assert "Failed" not in (await sam.get("/notices?state=delivered")).text


async def test_the_mail_page_is_found_on_a_development_stack_only(make_console):
    there = await Person(make_console()).get("/mail")
    assert there.headers["location"] == "http://notifier.test/mail"
    assert (await Person(make_console(development=False)).get("/mail")).status_code == 404


async def test_times_are_in_the_readers_zone(sam, world):
    sam.client.cookies.set("tierline_zone", "America%2FNew_York")
    world.tickets[1042]["opened_at"] = "2026-11-20T12:30:00Z"
    assert "07:30" in (await sam.get("/tickets/1042")).text
    sam.client.cookies.set("tierline_zone", "../../etc/passwd")
    assert "12:30" in (await sam.get("/tickets/1042")).text


async def test_policy_time_is_marked_when_it_is_not_real(sam, world):
    assert "unreal" not in (await sam.get("/")).text
    world.clock["speed"] = 600
    page = (await sam.get("/")).text
    assert "unreal" in page
    assert "\N{MULTIPLICATION SIGN}600" in page


async def test_policy_time_that_jumped_ahead_is_marked_by_how_much(sam, world):
    now = datetime.fromisoformat(world.clock["now"])
    world.clock["real"] = (now - timedelta(days=3, hours=2)).isoformat()
    assert "3d 2h ahead" in (await sam.get("/")).text
    world.clock["real"] = (now - timedelta(seconds=20)).isoformat()
    assert "unreal" not in (await sam.get("/")).text


async def test_the_clock_is_not_offered_in_production(sam, world):
    world.clock["development"] = False
    assert 'href="/clock"' not in (await sam.get("/")).text
    answer = await sam.send("/clock", {"speed": "600"})
    assert answer.status_code == 403
    assert not [name for name, *_ in world.asked if name == "clock"]


@pytest.mark.parametrize(
    ("pressed", "asked"),
    [
        ({"speed": "600"}, {"speed": 600}),
        ({"jump": "1h"}, {"jump_s": 3600}),
        ({"jump": "morning"}, {"jump_s": 17 * 3600 + 55 * 60}),
        ({"held": "yes"}, {"held": True}),
    ],
)
async def test_the_clock_page_moves_policy_time(sam, world, pressed, asked):
    answer = await sam.send("/clock", pressed)
    assert answer.status_code == 303
    assert world.asked[-1][:2] == ("clock", asked)


async def test_a_router_that_is_away_gives_a_page_that_tries_again(sam, world):
    world.away = True
    for path in PAGES:
        answer = await sam.get(path)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert 'http-equiv="refresh"' in answer.text
        assert "Traceback" not in answer.text


async def test_what_was_entered_survives_a_router_that_is_away(sam, world):
    token = await sam.token()
    world.away = True
    fields = {"text": "half a <novel>", "key": "k1"}
    answer = await sam.send("/tickets/1042/notes", fields, token=token)
    assert answer.status_code == 503
    assert 'name="text" value="half a &lt;novel&gt;"' in answer.text
    assert 'name="key" value="k1"' in answer.text
    assert 'action="/tickets/1042/notes"' in answer.text


async def test_a_problem_without_a_page_of_its_own_is_still_a_page(sam, world):
    world.refuse["claim"] = problem(429, "slow_down", "Too many at once")
    answer = await sam.send("/tickets/1042/claim", {})
    assert answer.status_code == 429
    assert "Too many at once" in answer.text


async def test_readiness_follows_the_router(visitor, world):
    assert (await visitor.get("/readyz")).status_code == 200
    world.away = True
    assert (await visitor.get("/readyz")).status_code == 503
    assert (await visitor.get("/healthz")).status_code == 200
