"""`tierline tickets brief` and the like, `tierline actions`, `tierline rca`."""

import pytest

from tests.services.cli.router import FakeRouter, document, event, run, ticket

DONE = {"ticket": ticket(), "events": [event(5, "Ines did it")]}
IN_45 = "2026-11-23T09:45:00Z"
LISTED = {
    "items": [
        {
            "ticket": 1042, "number": 2, "owner": "ines", "due": "2026-11-23T08:00:00Z",
            "overdue": True, "client": "Harbour Dental", "what": "swap it", "moves": 3,
        },
    ],
    "now": "2026-11-23T09:00:00Z",
    "next_cursor": "c-1",
}  # fmt: skip
RCA = {
    "number": 1050, "title": "Card failed", "about": [1042], "due": None, "done_at": None,
    "missing": ["actions"], "summary": "it failed", "causes": ["no spare", "old firmware"],
    "timeline": [
        {"place": "1042/1", "at": "2026-11-23T08:00:00Z", "words": "Opened.", "comment": "late"},
    ],
    "actions": [
        {"number": 1, "what": "swap it", "owner": "ines", "due": "2026-11-24", "dropped": False,
         "done_at": None},
    ],
    "markdown": "# Root cause analysis\x1b[2J\n",
}  # fmt: skip

CASES = [
    (["state-complex", "three vendors"], "state-complex", {"text": "three vendors"}),
    (["brief", "a spare comes"], "brief", {"text": "a spare comes"}),
    (["restrict", "Network", "--reason", "r"], "restrict", {"group": "Network", "reason": "r"}),
    (["unrestrict", "all over"], "unrestrict", {"reason": "all over"}),
    (
        ["reallocate", "--reason", "r", "--join", "ines", "--join", "tom"],
        "reallocate",
        {"reason": "r", "join": ["ines", "tom"]},
    ),
    (
        ["reallocate", "--reason", "r", "--relieve", "tom"],
        "reallocate",
        {"reason": "r", "relieve": ["tom"]},
    ),
    (["add-action", "swap it", "--by", "+45m"], "add-action", {"what": "swap it", "due": IN_45}),
    (
        ["add-action", "swap it", "--by", "09:45", "--owner", "ines", "--preventive"],
        "add-action",
        {"what": "swap it", "due": IN_45, "owner": "ines", "kind": "preventive"},
    ),
    (
        ["move-action", "2", "--by", "+45m", "--reason", "late"],
        "move-action",
        {"number": 2, "due": IN_45, "reason": "late"},
    ),
    (["complete-action", "2", "done"], "complete-action", {"number": 2, "outcome": "done"}),
    (
        ["complete-action", "2", "no use", "--drop"],
        "complete-action",
        {"number": 2, "outcome": "no use", "dropped": True},
    ),
    (
        ["write-rca", "--summary", "s", "--cause", "a", "--cause", "b", "--comment", "1042/7=x=y"],
        "rca",
        {"summary": "s", "causes": ["a", "b"], "comments": {"1042/7": "x=y"}},
    ),
    (["write-rca", "--done"], "rca", {"done": True}),
    (["to-problem", "1050"], "to-problem", {"problem": 1050}),
]


@pytest.mark.parametrize(("arguments", "command", "body"), CASES)
def test_a_command_asks_what_it_says(arguments, command, body):
    path = f"/v1/tickets/1042/{command}"
    router = FakeRouter({f"POST {path}": DONE})
    name, *rest = arguments
    result = run(router, "tickets", name, "1042", *rest)
    assert result.exit_code == 0, result.output
    assert router.writes() == [(path, body)]
    assert "Ines did it" in result.stdout


def test_a_ticket_shows_what_management_is_owed_and_what_is_to_be_done():
    later = "2026-11-23T10:00:00Z"
    seen = ticket(
        attention={"people": ["grace"], "next_due": later, "missed": 2},
        plan_owed={"trigger": "Broken", "due": later},
        complexity="three vendors",
        joined=["ines", "tom"],
        actions=[
            {"number": 1, "what": "swap it", "owner": "ines", "due": later, "moves": 2},
            {"number": 2, "what": "call", "outcome": "called", "done_at": later},
        ],
        rca={"due": later, "on_problem": True},
    )
    path = "GET /v1/tickets/1001"
    answers = {path: seen, f"{path}/events": {"items": []}, f"{path}/notices": {"items": []}}
    shown = " ".join(run(FakeRouter(answers), "tickets", "show", "1001").stdout.split())
    for said in (
        "management grace, owed a word by 10:00 (in 1h 00m), 2 missed",
        "action plan Broken needs one by 10:00 (in 1h 00m)",
        "complex three vendors",
        "beside owner ines, tom",
        "action 1 swap it: ines, due 10:00 (in 1h 00m), moved 2x",
        "action 2 call: done, called",
        "analysis due 10:00 (in 1h 00m), to be written on a problem",
    ):
        assert said in shown, shown


def test_actions_are_listed_with_their_date_and_how_often_it_was_moved():
    router = FakeRouter({"GET /v1/actions": LISTED})
    result = run(router, "actions", "--owner", "all", "--overdue", "--client", "Harbour Dental")
    assert result.exit_code == 0, result.output
    line = " ".join(result.stdout.splitlines()[1].split())
    assert line.startswith("1042/2 ines")
    assert line.endswith("Harbour Dental swap it (moved 3x)")
    assert "there are more" in result.stdout
    assert document(run(router, "actions", "--json")) == LISTED


def test_no_action_is_said_in_words():
    router = FakeRouter({"GET /v1/actions": {**LISTED, "items": [], "next_cursor": None}})
    assert run(router, "actions").stdout == "nothing is to be done\n"


def test_the_analysis_is_shown_or_printed_as_markdown():
    router = FakeRouter({"GET /v1/tickets/1050/rca": RCA})
    shown = run(router, "rca", "1050").stdout
    for said in ("no spare; old firmware", "Opened. [late]", "action 1, open: swap it (ines"):
        assert said in shown
    markdown = run(router, "rca", "1050", "--markdown").stdout
    assert markdown == "# Root cause analysis\N{REPLACEMENT CHARACTER}[2J\n"
    assert document(run(router, "rca", "1050", "--json")) == RCA
