"""`tierline list`, `letter`, `letters` and `bounces`."""

import pytest

from tests.services.cli.router import CLOCK, FakeRouter, document, run

LINE = {
    "number": 1001,
    "title": "Mail is down",
    "client": "Harbour Dental",
    "priority": "P2",
    "owner": "sam",
    "at": "2026-11-23T19:10:00Z",
    "says": "the resolution breaks at",
    "what": "",
    "nobody_in": True,
}
LIST = {
    "group": "Desk",
    "closes_at": "2026-11-23T18:00:00Z",
    "opens_at": "2026-11-24T08:00:00Z",
    "sections": [
        {"section": "breaks", "title": "Breaks", "lines": [LINE], "more": 2},
        {
            "section": "bouncing",
            "title": "Bouncing",
            "lines": [{**LINE, "at": None, "says": "", "what": "A > B > A", "nobody_in": False,
                       "owner": ""}],
            "more": 0,
        },
    ],
    "tickets": 7,
    "more": True,
}  # fmt: skip
WEEK = {
    "week": "2026-W48",
    "zone": "Europe/London",
    "since": "2026-11-23T00:00:00Z",
    "until": "2026-11-30T00:00:00Z",
    "complete": False,
    "rows": [
        {"name": "Work", "now": "", "before": ""},
        {"name": "resolved by people", "now": "12", "before": "9"},
        {"name": "Woken at night", "now": "", "before": ""},
        {"name": "tom", "now": "2: paged", "before": ""},
    ],
}
EDGE = {
    "sent_by": "Desk",
    "sent_to": "Network",
    "count": 1,
    "lost_s": 2400,
    "bounces": [
        {
            "ticket": 1001,
            "client": "Harbour Dental",
            "back_at": "2026-11-23T08:40:00Z",
            "lost_s": 2400,
            "reason": "not ours",
        }
    ],
}
LEDGER = {
    "since": "2026-11-09T09:00:00Z",
    "count": 1,
    "lost_s": 2400,
    "edges": [EDGE],
    "more": False,
}
LETTER = {
    "day": "2026-11-23",
    "kind": "closing",
    "about": "Desk",
    "at": "2026-11-23T17:30:00Z",
    "recipient": "priya",
    "state": "delivered",
    "why": "",
    "reason": "",
    "proof": "250 ok",
}


def router(**answers):
    return FakeRouter({"GET /v1/clock": CLOCK, **answers})


def lines_of(result):
    assert result.exit_code == 0, result.output
    return [" ".join(line.split()) for line in result.stdout.splitlines() if line.strip()]


def test_a_list_is_read_by_section_with_what_is_the_matter():
    asked = router(**{"GET /v1/groups/Desk/list": LIST})
    assert lines_of(run(asked, "list", "--group", "Desk", "--at", "opening")) == [
        "Desk, up to the opening Tue 24 Nov 08:00",
        "Breaks (3)",
        "#1001 P2 Harbour Dental: Mail is down",
        "the resolution breaks at 19:10; nobody is in then; sam",
        "and 2 more",
        "Bouncing (1)",
        "#1001 P2 Harbour Dental: Mail is down",
        "A > B > A; unclaimed",
        "looked at the 7 most pressing tickets; there are more",
    ]
    assert asked.asked[0].url.params["at"] == "opening"


def test_a_list_with_nothing_in_it_says_so():
    found = run(
        router(**{"GET /v1/groups/Desk/list": {**LIST, "sections": [], "more": False}}),
        *("list", "--group", "Desk"),
    )
    assert lines_of(found)[-1] == (
        "nothing breaks before Tue 24 Nov 08:00, and nothing else needs a hand"
    )


def test_a_letter_is_a_table_under_each_heading():
    found = lines_of(run(router(**{"GET /v1/reports/week": WEEK}), "letter", "--week", "2026-W48"))
    assert found[0] == "2026-W48, 00:00 to Mon 30 Nov 00:00 (Europe/London)"
    assert found[1] == "more was recorded than is counted: the figures are too low"
    assert found[2:] == [
        "Work",
        "this week the week before",
        "resolved by people 12 9",
        "Woken at night",
        "this week the week before",
        "tom 2: paged",
    ]


def test_bounces_are_a_line_an_edge_and_with_tickets_a_line_each():
    asked = router(**{"GET /v1/reports/bounces": LEDGER})
    options = ("bounces", "--since", "14d", "--group", "Network", "--tickets")
    assert lines_of(run(asked, *options)) == [
        "1 bounces since Mon 9 Nov 09:00, 40m lost",
        "Desk > Network: 1, 40m lost",
        "#1001 Harbour Dental back 08:40 after 40m: not ours",
    ]
    params = dict(asked.asked[-1].url.params)
    assert params == {"since": "2026-11-09T09:00:00Z", "group": "Network"}
    plain = router(**{"GET /v1/reports/bounces": LEDGER})
    assert len(lines_of(run(plain, "bounces", "--since", "2026-11-09T09:00Z"))) == 2
    assert plain.asked[-1].url.params["since"] == "2026-11-09T09:00:00Z"


def test_a_ledger_without_bounces_says_so():
    empty = {**LEDGER, "edges": [], "count": 0}
    found = lines_of(run(router(**{"GET /v1/reports/bounces": empty}), "bounces"))
    assert found == ["nothing bounced since Mon 9 Nov 09:00"]


def test_a_stretch_that_lies_ahead_is_refused():
    found = run(router(), "bounces", "--since", "2027-01-01T00:00Z")
    assert found.exit_code == 2
    assert "is not in the past" in found.output


def test_letters_are_a_line_each_with_their_outcome():
    found = run(router(**{"GET /v1/letters": {"items": [LETTER]}}), "letters")
    assert lines_of(found)[1] == "2026-11-23 closing Desk 17:30 priya 250 ok"
    none = run(router(**{"GET /v1/letters": {"items": []}}), "letters")
    assert lines_of(none) == ["no letters yet"]


@pytest.mark.parametrize(
    ("path", "answer", "command"),
    [
        ("/v1/groups/Desk/list", LIST, ("list", "--group", "Desk")),
        ("/v1/reports/week", WEEK, ("letter",)),
        ("/v1/reports/bounces", LEDGER, ("bounces",)),
        ("/v1/letters", {"items": [LETTER]}, ("letters",)),
    ],
)
def test_as_json_it_is_what_the_router_said(path, answer, command):
    assert document(run(router(**{f"GET {path}": answer}), *command, "--json")) == answer
