"""`tierline storms`."""

import pytest

from tests.services.cli.router import CLOCK, FakeRouter, document, problem, run

ROW = {
    "number": 3, "group": "Desk", "to_groups": ["Network"], "opened_at": "2026-11-23T09:00:00Z",
    "until": "2026-11-23T09:15:00Z", "over_at": None, "count": 24, "waiting": 22,
}  # fmt: skip
TICKET = {
    "number": 1001, "title": "Printer 3", "client": "Harbour Dental", "priority": "P3",
    "state": "queued", "owner": "", "group": "Desk", "to_group": "Network", "waits": True,
}  # fmt: skip
GONE = {**TICKET, "number": 1002, "owner": "ines", "group": "Network", "waits": False}
PATH = "/v1/storms"
HOW = "tierline storms decide 3 --move-all"


def router(**answers):
    return FakeRouter({"GET /v1/clock": CLOCK, **answers})


def lines_of(result):
    assert result.exit_code == 0, result.output
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_storms_are_listed_with_what_waits_and_until_when():
    asked = router(**{f"GET {PATH}": {"items": [ROW], "now": "2026-11-23T09:05:00Z"}})
    assert lines_of(run(asked, "storms", "--over"))[1] == "3 Desk 22 of 24 09:15 (in 10m) Network"
    assert asked.asked[0].url.params["over"] == "true"
    none = router(**{f"GET {PATH}": {"items": [], "now": "2026-11-23T09:05:00Z"}})
    assert lines_of(run(none, "storms")) == ["no storm"]
    assert document(run(none, "storms", "--json"))["items"] == []


def test_one_is_shown_with_its_tickets():
    asked = router(**{f"GET {PATH}/3": {**ROW, "tickets": [TICKET, GONE]}})
    assert lines_of(run(asked, "storms", "show", "3")) == [
        "storm 3 of Desk: 22 of 24 wait",
        "until 09:15 (in 15m)",
        "ticket prio state owner group what",
        "1001 P3 waits - to Network Harbour Dental: Printer 3",
        "1002 P3 queued ines Network Harbour Dental: Printer 3",
        f"decide: `{HOW}`, --keep-all, or the numbers of those that move",
    ]
    over = {**ROW, "over_at": "2026-11-23T08:55:00Z", "waiting": 0, "tickets": []}
    shown = lines_of(run(router(**{f"GET {PATH}/3": over}), "storms", "show", "3"))
    assert shown[1] == "until over since 08:55"


@pytest.mark.parametrize(
    ("args", "body"),
    [
        (["--move-all"], {"decision": "move all", "reason": ""}),
        (["--keep-all", "--reason", "x"], {"decision": "keep all", "reason": "x"}),
        (["1001", "1002"], {"decision": "pick", "reason": "", "tickets": [1001, 1002]}),
    ],
)
def test_it_is_decided_one_way(args, body):
    made = {"number": 3, "moved": [1001], "kept": [], "decided_on": 1001}
    asked = router(**{f"POST {PATH}/3/decide": made})
    assert lines_of(run(asked, "storms", "decide", "3", *args)) == [
        "storm 3 is decided: 1 move, 0 stay"
    ]
    assert asked.writes() == [(f"{PATH}/3/decide", body)]


@pytest.mark.parametrize("args", [[], ["--move-all", "--keep-all"], ["--move-all", "1001"]])
def test_two_ways_or_none_is_a_wrong_call(args):
    result = run(router(), "storms", "decide", "3", *args)
    assert result.exit_code == 2
    assert "one way" in result.stderr


def test_a_refusal_is_told():
    refused = problem(409, "storm_over", "storm 3 is over: it was decided or ran out")
    asked = router(**{f"POST {PATH}/3/decide": refused})
    result = run(asked, "storms", "decide", "3", "--move-all")
    assert result.exit_code != 0
    assert "Storm 3 is over" in result.stderr
    assert "tierline storms" in result.stderr
