"""`tierline why` against a router that answers from a table."""

import pytest

from tests.services.cli.router import NOW, FakeRouter, document, event, problem, run
from tests.services.cli.test_due import clock

ANSWER = {
    "number": 1001,
    "now": NOW,
    "words": ["It has a plan by ines, promised for 23 Nov 2026 10:00 UTC."],
    "decided_by": "plan",
    "policies": ["3f9ac1d2aaaabbbbcccc", "0a1b2c3d4e5f6a7b8c9d"],
    "values": {"tier": "T1"},
    "would_take": "It moves when the plan slips.",
    "events": [event(4, "Ines planned: swap it.")],
    "clock": None,
    "items": [],
}
PATH = "GET /v1/tickets/1001/why"


def asked(*options, **changed):
    router = FakeRouter({PATH: {**ANSWER, **changed}})
    return router, run(router, "why", "1001", *options)


def test_the_answer_is_words_then_what_decided_then_the_events():
    _, result = asked()
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[0] == ANSWER["words"][0]
    assert lines[1] == "What it would take: It moves when the plan slips."
    assert lines[2].split() == ["decided", "by", "plan"]
    assert "3f9ac1d2aaaabbbbcccc, 0a1b2c3d4e5f" in lines[3]
    assert lines[-1].endswith("Ines planned: swap it.")


def test_a_clock_is_printed_with_its_ledger():
    _, result = asked(clock=clock())
    assert "resolve (to the client): 9h 00m" in result.stdout
    assert "held: hold:client" in result.stdout


@pytest.mark.parametrize(
    ("options", "params"),
    [
        ([], []),
        (["--seq", "4"], [("seq", "4")]),
        (["--not-told", "lead", "--about", "silent"], [("not_told", "lead"), ("about", "silent")]),
        (["--still", "T1"], [("still", "T1")]),
    ],
)
def test_the_question_is_sent_as_it_is_named(options, params):
    router, result = asked(*options, "--json")
    assert router.asked[0].url.params.multi_items() == params
    assert document(result) == ANSWER


def test_two_questions_at_once_are_called_wrongly():
    router, result = asked("--seq", "4", "--still", "T1")
    assert (result.exit_code, router.asked) == (2, [])
    assert "One question at a time." in result.output


def test_a_refusal_of_the_router_is_told():
    router = FakeRouter({PATH: problem(422, "nothing_to_explain", "there is no tier T9: T1, T2")})
    result = run(router, "why", "1001", "--still", "T9")
    assert result.exit_code == 1
    assert "There is no tier T9" in result.output
