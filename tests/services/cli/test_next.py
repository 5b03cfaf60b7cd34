"""`tierline next`, and how offers and claims that end are shown."""

from tests.services.cli.router import CLOCK, FakeRouter, document, event, run, ticket

WHY = "The most pressing of 3 that wait in Network: P1."
WAITING = ticket(owner="", state="queued", priority="P1")


def test_it_says_what_comes_next_and_why():
    router = FakeRouter({"GET /v1/next": {"ticket": WAITING, "why": WHY, "waiting": 3}})
    result = run(router, "next")
    assert result.exit_code == 0, result.output
    assert "1001  P1  Firewall hd-fw-01 is down" in result.output
    assert WHY in result.output
    assert router.writes() == []


def test_with_claim_it_is_taken():
    answer = {"ticket": ticket(), "events": [event(5, "Ines claimed it.")], "why": WHY}
    router = FakeRouter({"POST /v1/next": answer})
    result = run(router, "next", "--claim")
    assert "Ines claimed it." in result.output
    assert WHY in result.output
    assert router.writes() == [("/v1/next", {})]
    assert document(run(router, "next", "--claim", "--json")) == answer


def test_where_nothing_waits_it_says_so():
    none = {"ticket": None, "why": "Nothing waits unclaimed in Network.", "waiting": 0}
    router = FakeRouter({"GET /v1/next": none, "POST /v1/next": {**none, "events": []}})
    for args in (["next"], ["next", "--claim"]):
        result = run(router, *args)
        assert (result.exit_code, result.output) == (0, "Nothing waits unclaimed in Network.\n")


def shown(**more) -> str:
    router = FakeRouter(
        {
            "GET /v1/clock": CLOCK,
            "GET /v1/tickets/1001": ticket(**more),
            "GET /v1/tickets/1001/events": {"items": []},
            "GET /v1/tickets/1001/notices": {"items": []},
        }
    )
    result = run(router, "tickets", "show", "1001")
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_a_ticket_shows_who_is_asked_and_when_a_claim_ends():
    soon = "2026-11-23T09:05:00Z"
    offer = {"to": "kim", "until": soon, "tried": [], "again_at": None, "lead_told": False}
    assert "offered to kim until " in shown(offer=offer)
    assert "again " in shown(offer={**offer, "to": "", "until": None, "again_at": soon})
    end = {"at": soon, "because": "shift", "told": False, "kept": True, "stand_in": ""}
    assert "(shift, kept beyond)" in shown(claim_end=end)
    assert "claim ended: end of shift" in shown(claim_ended="end of shift")
