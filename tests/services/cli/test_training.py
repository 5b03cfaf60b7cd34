"""`tierline training`."""

from tests.services.cli.router import CLOCK, FakeRouter, document, run

ITEM = {
    "ticket": 1001, "seq": 7, "at": "2026-11-23T08:00:00Z", "client": "Harbour Dental",
    "category": "vpn", "title": "VPN token is lost", "tier": "T1", "kind": "guide",
    "text": "a new token", "by_recurrence": False, "like": [998, 990], "state": "done",
    "by": "priya", "marked_at": "2026-11-20T09:00:00Z", "note": "Tom showed it",
    "effect": {"of": "vpn", "before": 6, "after": 1, "after_days": 3},
}  # fmt: skip
PAGE = {
    "now": "2026-11-23T09:00:00Z",
    "agendas": [
        {"tier": "T1", "at": "2026-12-01T09:00:00Z", "open": 2, "planned": 1},
        {"tier": "T2", "at": None, "open": 1, "planned": 0},
    ],
    "items": [ITEM, {**ITEM, "state": "open", "like": [], "text": "", "note": "", "effect": None}],
    "more": True,
}
PATH = "/v1/training"


def router(**answers):
    return FakeRouter({"GET /v1/clock": CLOCK, **answers})


def lines_of(result):
    assert result.exit_code == 0, result.output
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_the_next_sessions_come_first_then_an_item_a_line():
    asked = router(**{f"GET {PATH}": PAGE})
    assert lines_of(run(asked, "training", "--tier", "T1", "--state", "done")) == [
        "T1: next session Tue 1 Dec 09:00; 1 planned, 2 open",
        "T2: next session not in the policy; 0 planned, 1 open",
        "1001/7 T1 guide done Harbour Dental: VPN token is lost, comes again (2 like it)",
        "a new token; Tom showed it",
        "6 escalations about vpn in the 28 days before, 1 in the 3 days since",
        "1001/7 T1 guide open Harbour Dental: VPN token is lost",
        "more was resolved than is looked at: the newest only",
    ]
    assert asked.asked[0].url.params.multi_items() == [("tier", "T1"), ("state", "done")]


def test_with_nothing_to_teach_it_says_so_and_json_is_what_the_router_said():
    empty = {**PAGE, "agendas": [], "items": [], "more": False}
    assert lines_of(run(router(**{f"GET {PATH}": empty}), "training")) == ["nothing to teach"]
    assert document(run(router(**{f"GET {PATH}": PAGE}), "training", "--json")) == PAGE


def test_an_item_is_planned_done_and_opened_again():
    for command, state in (("plan", "planned"), ("done", "done"), ("open", "open")):
        made = {"ticket": 1001, "seq": 7, "state": state}
        asked = router(**{f"POST {PATH}/1001/7": made})
        found = run(asked, "training", command, "#1001/7", "--note", "Tom shows it")
        assert lines_of(found) == [f"1001/7 is {state}"]
        assert asked.writes() == [
            (f"{PATH}/1001/7", {"state": state, "note": "Tom shows it"}),
        ]


def test_what_is_no_item_is_said_without_asking():
    asked = router()
    found = run(asked, "training", "plan", "1001")
    assert (found.exit_code, asked.asked) == (2, [])
    assert "Write it like 1001/7." in found.output
