"""Every command on a ticket: what is sent, what is said, how a refusal ends."""

import pytest

from tests.services.cli.router import FakeRouter, document, event, problem, run, ticket

DONE = {"ticket": ticket(), "events": [event(5, "Ines did it")]}
POLICY = {
    "tiers": ["triage", "T1", "T2", "T3", "vendor", "management"],
    "groups": [
        {"name": "Desk", "tier": "T1"},
        {"name": "Network", "tier": "T2"},
        {"name": "Management", "tier": "management"},
    ],
}
IN_45 = "2026-11-23T09:45:00Z"

CASES = [
    (["claim"], "claim", {}),
    (["claim", "--owner", "marek"], "claim", {"owner": "marek"}),
    (["release"], "release", {}),
    (["release", "--reason", "off shift"], "release", {"reason": "off shift"}),
    (["note", "looked at it"], "notes", {"text": "looked at it", "to_client": False}),
    (["note", "on it", "--to-client"], "notes", {"text": "on it", "to_client": True}),
    (["plan", "swap", "--by", "+45m"], "plan", {"next_step": "swap", "promised_at": IN_45}),
    (["plan", "swap", "--by", "09:45"], "plan", {"next_step": "swap", "promised_at": IN_45}),
    (
        ["plan", "swap", "--by", "2026-11-23T10:45:00+01:00", "--client-text", "soon"],
        "plan",
        {"next_step": "swap", "promised_at": IN_45, "client_text": "soon"},
    ),
    (["move", "--reason", "skill", "--up"], "move", {"reason": "skill"}),
    (["move", "--reason", "r", "--to-tier", "T3"], "move", {"reason": "r", "to_tier": "T3"}),
    (
        ["move", "--reason", "r", "--to-group", "Desk", "--packet", "tried all"],
        "move",
        {"reason": "r", "to_group": "Desk", "packet": "tried all"},
    ),
    (["move", "--reason", "r", "--down"], "move", {"reason": "r", "to_tier": "T1"}),
    (["move", "--reason", "r", "--management"], "move", {"reason": "r", "to_tier": "management"}),
    (["accept", "7"], "accept", {"seq": 7}),
    (["accept-offer"], "accept-offer", {}),
    (["decline-offer"], "decline-offer", {}),
    (["decline-offer", "--reason", "on the phone"], "decline-offer", {"reason": "on the phone"}),
    (["keep"], "keep", {}),
    (["hand-over", "kim"], "hand-over", {"to": "kim"}),
    (["hand-over", "kim", "--reason", "r"], "hand-over", {"to": "kim", "reason": "r"}),
    (
        ["hold", "--reason", "client", "--asked", "which one", "--of", "Ruth", "--chase", "+45m",
         "--until", "2026-11-24T09:00"],
        "hold",
        {"reason": "client", "asked": "which one", "of": "Ruth", "chase_at": IN_45,
         "until": "2026-11-24T09:00:00Z"},
    ),
    (
        ["hold", "--reason", "scheduled", "--asked", "x", "--until", "09:45", "--ends",
         "2026-11-24T09:00", "--despite", "all is down"],
        "hold",
        {"reason": "scheduled", "asked": "x", "until": IN_45, "ends_at": "2026-11-24T09:00:00Z",
         "despite": "all is down"},
    ),
    (
        ["ask-approval", "--asked", "a switch", "--amount", "180.5", "--per-hour", "--of", "Ruth",
         "--until", "+45m"],
        "ask-approval",
        {"asked": "a switch", "amount": 18_050, "per_hour": True, "approver": "Ruth",
         "expires_at": IN_45},
    ),
    (["ask-approval", "--asked", "a visit"], "ask-approval", {"asked": "a visit"}),
    (["approve", "--evidence", "by phone"], "approve", {"evidence": "by phone"}),
    (["refuse-approval", "--evidence", "by phone", "--word", "too dear"], "refuse-approval",
     {"evidence": "by phone", "word": "too dear"}),
    (["retype", "request", "--reason", "a new starter"], "retype",
     {"to": "request", "reason": "a new starter"}),
    (["resume"], "resume", {}),
    (["resume", "--because", "answered"], "resume", {"because": "answered"}),
    (["priority", "P1", "--reason", "all down"], "priority",
     {"priority": "P1", "reason": "all down"}),
    (["priority", "--impact", "1", "--urgency", "2", "--reason", "r"], "priority",
     {"impact": 1, "urgency": 2, "reason": "r"}),
    (["resolve", "swapped it"], "resolve", {"resolution": "swapped it"}),
    (["resolve", "swapped it", "--below", "access"], "resolve",
     {"resolution": "swapped it", "tier_below_could": "access"}),
    (["confirm"], "confirm", {}),
    (["confirm", "--note", "by phone"], "confirm", {"note": "by phone"}),
    (["reject", "still down"], "reject", {"reason": "still down"}),
    (["reopen", "back again"], "reopen", {"reason": "back again"}),
    (["close", "not ours"], "close", {"reason": "not ours"}),
    (["close", "x", "--leaving", "alone"], "close", {"reason": "x", "leaving": "alone"}),
    (["declare-major", "all down"], "declare-major", {"reason": "all down"}),
    (["leave", "another line"], "leave", {"reason": "another line"}),
    (["problem", "again"], "problem", {"reason": "again"}),
    (["problem", "again", "--title", "t", "--with", "7", "--with", "8"], "problem",
     {"reason": "again", "title": "t", "others": [7, 8]}),
    (["link-problem", "1050"], "link-problem", {"problem": 1050}),
    (["cause", "firmware"], "cause", {"cause": "firmware"}),
    (["workaround", "reboot"], "workaround", {"workaround": "reboot"}),
]  # fmt: skip


def acting(command: str, answer=DONE) -> FakeRouter:
    return FakeRouter(
        {
            f"POST /v1/tickets/1001/{command}": answer,
            "GET /v1/tickets/1001": ticket(),
            "GET /v1/policy": POLICY,
        }
    )


@pytest.mark.parametrize(("args", "command", "said"), CASES, ids=lambda it: str(it)[:40])
def test_a_command_sends_what_was_said_under_a_key_and_tells_what_came_of_it(args, command, said):
    router = acting(command)
    result = run(router, "tickets", args[0], "1001", *args[1:])
    assert result.exit_code == 0, result.output
    assert router.writes() == [(f"/v1/tickets/1001/{command}", said)]
    assert router.asked[-1].headers["Idempotency-Key"].startswith("cli-")
    assert result.stdout.splitlines()[-2:] == [
        "Ines did it",
        "1001 is working: P2, with T2/Network, owner ines.",
    ]


@pytest.mark.parametrize(("args", "command"), [case[:2] for case in CASES], ids=str)
def test_with_json_a_command_prints_the_answer_and_nothing_else(args, command):
    result = run(acting(command), "tickets", args[0], "1001", *args[1:], "--json")
    assert document(result) == DONE


def test_two_writes_have_two_keys():
    router = acting("claim")
    run(router, "tickets", "claim", "1001")
    run(router, "tickets", "claim", "1001")
    assert len({request.headers["Idempotency-Key"] for request in router.asked}) == 2


def test_a_plan_says_for_when_it_is_promised():
    result = run(acting("plan"), "tickets", "plan", "1001", "swap", "--by", "08:30")
    assert result.stdout.splitlines()[0] == "promised for Tue 2026-11-24 08:30:00 GMT"


def test_a_conflict_ends_with_3_and_says_where_the_ticket_is_now():
    place = {"state": "on_hold", "tier": "T2", "group": "Network", "owner": "ines"}
    refusal = problem(409, "already_claimed", "ines has it", place=place)
    result = run(acting("claim", refusal), "tickets", "claim", "1001")
    assert result.exit_code == 3
    assert result.stdout == ""
    now = "It is now on hold, with T2/Network, owner ines."
    assert result.stderr.splitlines() == [
        "tierline: Ines has it.",
        f"  {now} Look at it again with `tierline tickets show`.",
    ]


def test_a_conflict_as_json_keeps_the_problem():
    place = {"state": "working", "tier": "T2", "group": "Network", "owner": "ines"}
    refusal = problem(409, "already_claimed", "ines has it", place=place)
    result = run(acting("claim", refusal), "tickets", "claim", "1001", "--json")
    assert result.exit_code == 3
    error = document(result)["error"]
    assert (error["code"], error["place"]) == ("already_claimed", place)


def test_every_fault_of_a_request_is_told():
    faults = [
        {"field": "text", "problem": "is missing"},
        {"field": "to_client", "problem": "should be a boolean"},
    ]
    refusal = problem(422, "invalid", "text: is missing", errors=faults)
    result = run(acting("notes", refusal), "tickets", "note", "1001", "x")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == (
        "tierline: Text: is missing; to_client: should be a boolean."
    )


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [
        (401, "unauthorized", "--token"),
        (403, "lead_decides", "Ask a lead"),
        (403, "scope", "token create --scope"),
        (429, "slow_down", "Wait a minute"),
        (500, "unexpected", "router's log"),
    ],
)
def test_a_refusal_says_what_to_do(status, code, remedy):
    result = run(acting("claim", problem(status, code, "no")), "tickets", "claim", "1001")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2
    assert remedy in result.stderr


PREVIEW = {
    "preview": True,
    "dues": {"resolve": {"old": "2026-11-23T12:30:00Z", "new": "2026-11-23T09:30:00Z"}},
}


def test_a_preview_shows_old_and_new_dues_and_that_nothing_changed():
    router = acting("priority", PREVIEW)
    result = run(router, "tickets", "priority", "1001", "P1", "--reason", "r", "--preview")
    assert result.exit_code == 0, result.output
    assert router.writes()[0][1] == {"priority": "P1", "reason": "r", "preview": True}
    lines = result.stdout.splitlines()
    assert lines[1].split() == ["resolve", "12:30", "(in", "3h", "30m)", "09:30", "(in", "30m)"]
    assert lines[-1] == "nothing was changed"


def test_a_preview_as_json_is_the_answer():
    args = ["tickets", "priority", "1001", "P1", "--reason", "r", "--preview", "--json"]
    assert document(run(acting("priority", PREVIEW), *args)) == PREVIEW


@pytest.mark.parametrize(
    "args",
    [
        ["move", "1001", "--reason", "r"],
        ["move", "1001", "--reason", "r", "--up", "--down"],
        ["move", "1001", "--up"],
        ["priority", "1001", "--reason", "r"],
        ["priority", "1001", "P1", "--impact", "1", "--urgency", "1", "--reason", "r"],
        ["priority", "1001", "--impact", "1", "--reason", "r"],
        ["priority", "1001", "P1", "--impact", "1", "--reason", "r"],
        ["hold", "1001", "--reason", "lunch", "--asked", "x"],
        ["plan", "1001", "swap", "--by", "soonish"],
        ["plan", "1001", "swap", "--by", "25:00"],
        ["plan", "1001", "swap", "--by", "2bd"],
        ["plan", "1001", "swap"],
        ["reject", "1001"],
    ],
    ids=str,
)
def test_what_makes_no_sense_writes_nothing(args):
    router = acting(args[0])
    result = run(router, "tickets", *args)
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 2
    assert router.writes() == []


def test_nothing_lies_below_the_lowest_tier_that_has_a_group():
    router = acting("move")
    router.answers["GET /v1/tickets/1001"] = ticket(tier="T1", group="Desk")
    result = run(router, "tickets", "move", "1001", "--reason", "r", "--down")
    assert result.exit_code == 1
    assert "no tier below" in result.stderr
    assert router.writes() == []
