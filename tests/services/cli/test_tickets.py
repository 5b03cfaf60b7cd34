"""`tierline tickets list`, `show` and `open` against a router that answers from a table."""

import json

import httpx
import pytest

from tests.services.cli.router import (
    NOW,
    FakeRouter,
    clock,
    document,
    event,
    notice,
    problem,
    run,
    ticket,
)


def listing(*rows: dict, cursor: str | None = None) -> dict:
    return {"items": list(rows), "next_cursor": cursor}


def test_the_list_fits_80_columns_and_tells_what_is_due_first():
    long = ticket(number=1002, title="A title that goes on and on " * 5, owner="", internal=None)
    router = FakeRouter({"GET /v1/tickets": listing(ticket(), long)})
    result = run(router, "tickets", "list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["number", "prio", "state", "with", "owner", "due", "title"]
    assert lines[1].startswith("1001    P2    working  T2/Network  ines   tier in 23m ")
    assert "resolve in 3h 30m" in lines[2]
    assert lines[2].endswith("…")
    assert " -  " in lines[2]


def test_a_list_of_nothing_says_so():
    assert run(FakeRouter({"GET /v1/tickets": listing()}), "tickets", "list").stdout == (
        "no tickets\n"
    )


def test_filters_are_sent_as_they_are_named_repeated_ones_repeated():
    router = FakeRouter({"GET /v1/tickets": listing()})
    result = run(
        router, "tickets", "list", "--state", "queued", "--state", "on_hold", "--tier", "T1",
        "--group", "Desk", "--owner", "me", "--client", "Harbour Dental", "--priority", "P1",
        "--type", "request", "--q", "disk", "--sort", "opened", "--limit", "5", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert router.asked[0].url.params.multi_items() == [
        ("sort", "opened"),
        ("limit", "5"),
        ("state", "queued"),
        ("state", "on_hold"),
        ("tier", "T1"),
        ("group", "Desk"),
        ("client", "Harbour Dental"),
        ("priority", "P1"),
        ("type", "request"),
        ("owner", "me"),
        ("q", "disk"),
    ]


def test_json_is_the_document_of_the_api_and_nothing_else():
    answer = listing(ticket(title="Grüße"), cursor="c1")
    result = run(FakeRouter({"GET /v1/tickets": answer}), "tickets", "list", "--json")
    assert document(result) == answer
    assert len(result.stdout.splitlines()) == 1


def test_more_than_fits_is_said_and_all_of_it_follows_the_cursor():
    pages = [listing(ticket(), cursor="c1"), listing(ticket(number=1002))]
    router = FakeRouter({"GET /v1/tickets": list(pages)})
    assert "the first 1; --all" in run(router, "tickets", "list").stdout
    router = FakeRouter({"GET /v1/tickets": list(pages)})
    found = document(run(router, "tickets", "list", "--all", "--json"))
    assert [row["number"] for row in found["items"]] == [1001, 1002]
    assert [request.url.params.get("cursor") for request in router.asked] == [None, "c1"]


def test_what_an_alert_says_cannot_act_on_the_terminal():
    evil = ticket(title="\x1b[2J\x1b]0;owned\x07 \u202eesrever \x9b31m", owner="\x1b[31m")
    router = FakeRouter(
        {
            "GET /v1/tickets": listing(evil),
            "GET /v1/tickets/1001": evil,
            "GET /v1/tickets/1001/events": {"items": [event(1, "said \x1b[2J[red]text[/red]")]},
            "GET /v1/tickets/1001/notices": {"items": [notice(recipient="\x1b[1m")]},
        }
    )
    for args in (["tickets", "list"], ["tickets", "show", "1001"]):
        result = run(router, *args, env={"FORCE_COLOR": None})
        assert result.exit_code == 0, result.output
        assert not set("\x1b\x07\x9b\u202e") & set(result.stdout)
    assert "[red]text[/red]" in result.stdout


def shown() -> FakeRouter:
    plan = {"next_step": "swap the unit", "promised_at": "2026-11-23T10:00:00Z"}
    hold = {"reason": "client", "asked": "which switch", "of": "Ruth", "until": None}
    proposal = {"seq": 7, "to_tier": "T3", "to_group": "Infrastructure", "reason": "lapsed"}
    told = [notice(), notice(recipient="sam", state="suppressed", why="did it", channel=None)]
    return FakeRouter(
        {
            "GET /v1/tickets/1001": ticket(plan=plan, hold=hold, proposal=proposal),
            "GET /v1/tickets/1001/events": {
                "items": [event(1, "opened from alertmanager"), event(2, "claimed by Ines")]
            },
            "GET /v1/tickets/1001/notices": {"items": told},
        }
    )


def test_show_tells_the_place_the_promises_the_timeline_and_who_was_told():
    result = run(shown(), "tickets", "show", "1001")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    for words in (
        "1001 P2 Firewall hd-fw-01 is down",
        "state working, T2/Network, owner ines",
        "desk owner sam",
        "requester Ruth <ruth@harbourdental.example>",
        "plan swap the unit, by 10:00 (in 1h 00m)",
        "on hold client: asked of Ruth: which switch",
        "`tierline tickets accept 1001 7`",
        "respond met 15m 10m met 08:40",
        "resolve running 4h 00m 30m 12:30 (in 3h 30m)",
        "1 08:31 ines opened from alertmanager",
        "09:00 person tom, escalated, by mail: delivered",
        "person sam, escalated: not told: did it",
        "policy time Mon 2026-11-23 09:00:00 GMT",
    ):
        assert words in text, words
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_show_tells_which_rule_decided_what_and_what_stands_still():
    router = shown()
    first = event(1, "opened")
    first |= {"type": "opened", "why": {"values": {"decided_by": {"start": "Everything else"}}}}
    router.answers["GET /v1/tickets/1001/events"] = {"items": [first]}
    still = {"running": False}
    router.answers["GET /v1/tickets/1001"] = ticket(
        mode="suggest",
        allowed=["notes"],
        clocks=[
            clock("resolve", stopped_by="hold:client", **still),
            clock("tier", stopped_by="void", **still),
        ],
    )
    text = " ".join(run(router, "tickets", "show", "1001").stdout.split())
    for words in (
        "decided by start: Everything else",
        "mode suggest: Tierline does not move it by itself",
        "you may note",
        "resolve stopped: hold (client)",
        "tier ended",
    ):
        assert words in text, words


def test_a_refusal_names_options_as_typed_and_writes_instants_with_their_zone():
    detail = "promised_at must be no later than 2026-11-23T12:18:16.938470+00:00: the horizon"
    router = FakeRouter({"POST /v1/tickets/1001/plan": problem(422, "promise_too_far", detail)})
    result = run(router, "tickets", "plan", "1001", "swap it", "--by", "+9h")
    assert "--by must be no later than Mon 2026-11-23 12:18:16 GMT: the horizon." in result.stderr


def test_show_as_json_holds_ticket_events_notices_and_policy_time():
    found = document(run(shown(), "tickets", "show", "1001", "--json"))
    assert found["now"] == NOW
    assert found["ticket"]["number"] == 1001
    assert [it["seq"] for it in found["events"]] == [1, 2]
    assert len(found["notices"]) == 2


def test_a_long_timeline_is_read_to_its_end():
    def events(request: httpx.Request) -> httpx.Response:
        after = int(request.url.params["after"])
        items = [event(seq, f"e{seq}") for seq in range(after + 1, min(after + 200, 250) + 1)]
        return httpx.Response(200, json={"items": items})

    router = shown()
    router.answers["GET /v1/tickets/1001/events"] = events
    found = document(run(router, "tickets", "show", "1001", "--json"))
    assert [it["seq"] for it in found["events"]] == list(range(1, 251))


def test_a_ticket_that_is_not_there_is_two_lines_and_exit_1():
    router = FakeRouter(
        {"GET /v1/tickets/7": problem(404, "no_such_ticket", "there is no ticket 7")}
    )
    result = run(router, "tickets", "show", "7")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "tierline: There is no ticket 7.",
        "  Check the number; `tierline tickets list` shows what you may see.",
    ]


def test_open_sends_what_was_said_and_leaves_the_rest_out():
    router = FakeRouter({"POST /v1/tickets": (201, ticket(owner="", state="queued"))})
    result = run(
        router, "tickets", "open", "--title", "No mail", "--client", "Harbour Dental",
        "--requester", "Ruth", "--email", "ruth@harbourdental.example", "--impact", "2",
        "--urgency", "1", "--start", "Desk", "--body", "since nine", "--type", "request",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert router.writes() == [
        (
            "/v1/tickets",
            {
                "type": "request",
                "title": "No mail",
                "client": "Harbour Dental",
                "requester": {"name": "Ruth", "email": "ruth@harbourdental.example"},
                "impact": 2,
                "urgency": 1,
                "start": "Desk",
                "body": "since nine",
            },
        )
    ]
    assert result.stdout == ("1001 is queued: P2, with T2/Network, nobody has claimed it.\n")


def test_open_as_json_is_the_ticket():
    router = FakeRouter({"POST /v1/tickets": (201, ticket())})
    result = run(router, "tickets", "open", "--title", "x", "--client", "y", "--json")
    assert document(result) == json.loads(json.dumps(ticket()))


@pytest.mark.parametrize(
    "args",
    [
        ["open", "--title", "x"],
        ["open", "--title", "x", "--client", "y", "--type", "wish"],
        ["open", "--title", "x", "--client", "y", "--impact", "4"],
        ["open", "--title", "x", "--client", "y", "--urgency", "0"],
        ["list", "--state", "lost"],
        ["list", "--limit", "0"],
        ["show", "abc"],
        ["shwo", "1"],
    ],
)
def test_a_wrong_call_is_two_lines_and_exit_2_and_asks_nothing(args):
    router = FakeRouter()
    result = run(router, "tickets", *args)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 2
    assert router.asked == []
