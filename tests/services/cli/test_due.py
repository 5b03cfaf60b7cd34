"""`tierline due TICKET` against a router that answers from a table."""

from tests.services.cli.router import NOW, FakeRouter, document, run

STRETCHES = [
    ("2026-11-23T09:00:00Z", "2026-11-23T09:30:00Z", "counted", "", 1800),
    ("2026-11-23T09:30:00Z", "2026-11-23T10:00:00Z", "held", "hold:client", 0),
    ("2026-11-23T10:00:00Z", "2026-11-23T18:00:00Z", "counted", "", 28800),
    ("2026-11-23T18:00:00Z", "2026-11-24T08:00:00Z", "closed", "", 0),
    ("2026-11-24T08:00:00Z", "2026-11-24T08:20:00Z", "counted", "", 1200),
]
NAMES = ("start", "end", "kind", "reason", "counted_s")


def clock(**more):
    return {
        "name": "resolve",
        "to_client": True,
        "target_s": 32400,
        "due": "2026-11-24T08:20:00Z",
        "met_at": None,
        "policy": "3f9ac1d2aaaabbbbcccc",
        "calendar": {"hash": "x", "timezone": "Europe/London", "hours": {}},
        "carried_s": 600,
        "counted_s": 31800,
        "held_since": None,
        "held_for": "",
        "ledger": [dict(zip(NAMES, one, strict=True)) for one in STRETCHES],
        **more,
    }


def asked(*clocks, options=()):
    router = FakeRouter(
        {"GET /v1/tickets/1001/due": {"number": 1001, "now": NOW, "clocks": list(clocks)}}
    )
    return router, run(router, "due", "1001", *options)


def test_a_ledger_is_printed_with_the_sum_as_it_grows():
    _, result = asked(clock())
    assert result.exit_code == 0, result.output
    first, heading, *rows = result.stdout.splitlines()
    assert first.startswith("resolve (to the client): 9h 00m, due Tue 24 Nov 08:20 (in 23h 20m);")
    assert "Europe/London, policy 3f9ac1d2aaaabbbbcccc" in first
    assert heading.split() == ["from", "to", "what", "counts", "so", "far"]
    assert rows[0].split() == ["-", "-", "carried", "in", "10m", "10m"]
    assert rows[2].split() == ["09:30", "10:00", "held:", "hold:client", "-", "40m"]
    assert rows[-1].endswith("9h 00m")


def test_a_clock_that_stands_still_says_since_when():
    stopped = clock(due=None, held_since="2026-11-23T09:30:00Z", held_for="plan", ledger=[])
    _, result = asked(stopped, clock(name="respond", met_at=NOW, due=None, held_for="met"))
    lines = result.stdout.splitlines()
    assert "stopped by plan" in lines[0]
    assert lines[3].split()[:4] == ["09:30", "-", "held:", "plan"]
    assert any(line.startswith("respond (to the client): 9h 00m, met 09:00") for line in lines)


def test_what_a_change_of_terms_took_off_is_below_zero():
    _, result = asked(clock(carried_s=-600))
    assert "-10m" in result.stdout


def test_one_promise_is_asked_for_by_name_and_json_is_the_document():
    router, result = asked(clock(), options=["--clock", "resolve", "--json"])
    assert router.asked[0].url.params.multi_items() == [("clock", "resolve")]
    assert document(result)["clocks"][0]["name"] == "resolve"


def test_no_such_promise_is_said():
    assert asked()[1].stdout == "no such promise was made\n"
