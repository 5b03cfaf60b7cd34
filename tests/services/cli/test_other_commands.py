"""`tierline clock`, `notices` and `dead-letters`."""

import pytest

from tests.services.cli.router import CLOCK, NOW, FakeRouter, document, notice, problem, run


def test_clock_shows_policy_time_and_how_far_it_is_ahead():
    ahead = CLOCK | {"now": "2026-11-23T11:05:00Z", "speed": 600.0}
    result = run(FakeRouter({"GET /v1/clock": ahead}), "clock")
    assert result.stdout.splitlines() == [
        "policy time Mon 2026-11-23 11:05:00 GMT, running 600 times as fast",
        "real time   Mon 2026-11-23 09:00:00 GMT; 2h 05m ahead of it",
    ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["speed", "600"], {"speed": 600.0}),
        (["jump", "45m"], {"jump_s": 2700.0}),
        (["jump", "+1h30m"], {"jump_s": 5400.0}),
        (["jump", "09:10"], {"jump_s": 600.0}),
        (["jump", "2026-11-24T09:00:00Z"], {"jump_s": 86400.0}),
        (["hold"], {"held": True}),
        (["run"], {"held": False}),
    ],
    ids=str,
)
def test_clock_commands_post_once_and_show_the_new_clock(args, said):
    router = FakeRouter({"POST /v1/clock": CLOCK | {"held": True}})
    result = run(router, "clock", *args)
    assert result.exit_code == 0, result.output
    assert router.writes() == [("/v1/clock", said)]
    assert result.stdout == "policy time Mon 2026-11-23 09:00:00 GMT, held\n"


@pytest.mark.parametrize("args", [[], ["speed", "2"], ["jump", "1h"], ["hold"], ["run"]], ids=str)
def test_clock_as_json_is_the_clock(args):
    result = run(FakeRouter({"POST /v1/clock": CLOCK}), "clock", *args, "--json")
    assert document(result) == CLOCK


@pytest.mark.parametrize("to", ["1bd", "3", "soon", "2026-11-22T09:00:00Z", "0m", "0d"])
def test_a_jump_that_is_none_or_goes_back_is_refused_with_how_to_write_it(to):
    router = FakeRouter({"POST /v1/clock": CLOCK})
    result = run(router, "clock", "jump", to)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 2
    assert router.writes() == []


def test_in_production_the_clock_refuses_in_two_lines():
    refusal = problem(403, "not_development", "policy time is real here")
    result = run(FakeRouter({"POST /v1/clock": refusal}), "clock", "jump", "1h")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == "tierline: Policy time is real here."


def test_notices_tell_the_outcome_and_verbosely_every_attempt():
    items = {"items": [notice()], "next_cursor": "more"}
    router = FakeRouter({"GET /v1/notices": items})
    result = run(router, "notices", "--state", "delivered", "--state", "failed")
    assert result.stdout.splitlines() == [
        "1001/4  09:00  person tom, escalated, by mail: delivered",
        "the first 1; there are more",
    ]
    assert router.asked[0].url.params.multi_items() == [
        ("limit", "100"), ("state", "delivered"), ("state", "failed"),
    ]  # fmt: skip
    lines = [line.strip() for line in run(router, "notices", "--verbose").stdout.splitlines()]
    assert lines[1:5] == [
        "to tom@northwind.example",
        "attempt 1, 09:00: failed: 450 mailbox busy",
        "attempt 2, 09:00: delivered",
        "proof 250 ok",
    ]


def test_notices_of_one_ticket_are_filtered_here():
    items = {"items": [notice(), notice(recipient="sam", state="failed", reason="no address")]}
    router = FakeRouter({"GET /v1/tickets/1001/notices": items})
    result = run(router, "notices", "--ticket", "1001", "--state", "failed")
    assert result.stdout == "1001/4  09:00  person sam, escalated, by mail: failed: no address\n"
    found = document(run(router, "notices", "--ticket", "1001", "--json"))
    assert [it["recipient"] for it in found["items"]] == ["tom", "sam"]


def test_no_notices_is_said():
    assert run(FakeRouter({"GET /v1/notices": {"items": []}}), "notices").stdout == "no notices\n"


LETTER = {
    "id": 3,
    "source": "consumer:router",
    "key": "1001",
    "reason": "unknown event type",
    "at": "2026-11-23T08:00:00Z",
    "replayed_at": None,
    "body": '{"id": "1001/4"}',
}


def letters() -> FakeRouter:
    return FakeRouter(
        {
            "GET /v1/dead-letters": {"items": [LETTER]},
            "POST /v1/dead-letters/3/replay": {"replayed": True},
        }
    )


def test_dead_letters_are_listed_with_their_reasons():
    lines = run(letters(), "dead-letters", "list").stdout.splitlines()
    assert lines[1].split() == (
        [
            "3",
            "Mon",
            "2026-11-23",
            "08:00:00",
            "GMT",
            "waiting",
            "consumer:router",
            "unknown",
            "event",
            "type",
        ]
    ) or lines[1].endswith("…")
    assert document(run(letters(), "dead-letters", "list", "--json")) == {"items": [LETTER]}
    empty = FakeRouter({"GET /v1/dead-letters": {"items": []}})
    assert run(empty, "dead-letters", "list").stdout == "no dead letters\n"


def test_a_dead_letter_is_shown_whole():
    text = run(letters(), "dead-letters", "show", "3").stdout
    assert "unknown event type" in text
    assert '{"id": "1001/4"}' in text
    assert document(run(letters(), "dead-letters", "show", "3", "--json")) == LETTER
    missing = run(letters(), "dead-letters", "show", "4")
    assert missing.exit_code == 1
    assert "no dead letter 4" in missing.stderr


def test_a_dead_letter_is_replayed():
    router = letters()
    result = run(router, "dead-letters", "replay", "3")
    assert result.stdout == "dead letter 3 is on its way again\n"
    assert router.writes() == [("/v1/dead-letters/3/replay", {})]
    assert document(run(router, "dead-letters", "replay", "3", "--json")) == {"replayed": True}


def many_letters(*, refused: int = 0) -> FakeRouter:
    """Five letters of two sources; one was replayed, `refused` cannot be."""
    items = [
        LETTER | {"id": number, "source": source, "replayed_at": at}
        for number, source, at in (
            (9, "outbox:tickets.events", None),
            (8, "consumer:router", None),
            (7, "outbox:tickets.events", "2026-11-23T08:30:00Z"),
            (5, "outbox:tickets.events", None),
            (4, "outbox:tickets.events", None),
        )
    ]
    answers = {f"POST /v1/dead-letters/{item['id']}/replay": {"replayed": True} for item in items}
    if refused:
        answers[f"POST /v1/dead-letters/{refused}/replay"] = problem(
            409, "already_replayed", "it was sent on its way before"
        )
    return FakeRouter({"GET /v1/dead-letters": {"items": items}, **answers})


def test_all_dead_letters_of_a_source_are_replayed_in_the_order_they_failed():
    router = many_letters()
    result = run(router, "dead-letters", "replay", "--source", "outbox:tickets.events")
    assert result.stdout == "3 of outbox:tickets.events are on their way again\n"
    assert [path for path, _ in router.writes()] == [
        f"/v1/dead-letters/{number}/replay" for number in (4, 5, 9)
    ]


def test_one_that_is_refused_does_not_keep_the_others():
    router = many_letters(refused=5)
    result = run(router, "dead-letters", "replay", "--source", "outbox:tickets.events", "--json")
    said = document(result)
    assert (said["replayed"], list(said["refused"])) == (2, ["5"])


def test_replay_wants_a_letter_or_a_source_and_one_that_waits():
    for args in ([], ["3", "--source", "intake"]):
        assert run(letters(), "dead-letters", "replay", *args).exit_code == 2
    nothing = run(letters(), "dead-letters", "replay", "--source", "intake")
    assert nothing.exit_code == 1
    assert "No dead letter of intake waits." in nothing.stderr


@pytest.mark.parametrize(
    ("status", "remedy"), [(404, "dead-letters list"), (409, "dead-letters show 3")]
)
def test_a_dead_letter_that_cannot_be_replayed_is_told_without_a_word_of_tickets(status, remedy):
    router = FakeRouter({"POST /v1/dead-letters/3/replay": problem(status, "x", "it cannot be")})
    result = run(router, "dead-letters", "replay", "3")
    assert remedy in result.stderr
    assert "tickets" not in result.stderr


def test_a_jump_of_days_counts_24_hours_each():
    router = FakeRouter({"POST /v1/clock": CLOCK})
    assert run(router, "clock", "jump", "3d").exit_code == 0
    assert router.writes() == [("/v1/clock", {"jump_s": 259_200.0})]


FINDING = {
    "what": "outbox rows stuck",
    "count": 7,
    "remedy": "Look at Kafka.",
    "found_since": "2026-11-23T08:00:00Z",
    "told_at": "2026-11-23T08:01:00Z",
    "rows": [{"which": "12", "since": "2026-11-23T07:59:00Z", "about": "tickets.events 1001"}],
}


def test_the_audit_shows_findings_with_what_to_do_and_ends_with_1():
    answer = {"at": NOW, "items": [FINDING]}
    result = run(FakeRouter({"GET /v1/audit": answer}), "audit")
    assert result.exit_code == 1
    assert [line.strip() for line in result.stdout.splitlines()] == [
        "outbox rows stuck: 7",
        "told Mon 2026-11-23 08:01:00 GMT",
        "12  since Mon 2026-11-23 07:59:00 GMT  tickets.events 1001",
        "and 6 more",
        "Look at Kafka.",
    ]
    result = run(FakeRouter({"GET /v1/audit": answer}), "audit", "--json")
    assert (result.exit_code, document(result)) == (1, answer)


def test_an_audit_that_finds_nothing_says_so():
    result = run(FakeRouter({"GET /v1/audit": {"at": NOW, "items": []}}), "audit")
    assert (result.exit_code, result.stdout) == (0, "nothing is amiss\n")
