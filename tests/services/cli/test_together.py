"""Tickets that belong together, from the command line."""

from tests.services.cli.router import FakeRouter, document, run, ticket

GATHER = "POST /v1/tickets/1040/gather"


def test_tickets_join_by_number_and_those_that_did_not_are_named():
    refused = [{"number": 1043, "code": "under_major", "reason": "it is worked under 900"}]
    answer = {"tickets": [1042, 1043], "joined": [1042], "refused": refused}
    router = FakeRouter({GATHER: answer})
    result = run(router, "tickets", "join", "1040", "1042", "1043")
    assert result.exit_code == 0, result.output
    assert router.writes() == [("/v1/tickets/1040/gather", {"tickets": [1042, 1043]})]
    assert "1 joined" in result.stdout
    assert "1043 did not: it is worked under 900" in result.stdout


def test_tickets_join_by_what_they_have_in_common_after_a_look():
    router = FakeRouter({GATHER: {"tickets": [1042], "joined": [], "refused": []}})
    asked = ["--client", "Harbour Dental", "--category", "internet", "--preview"]
    result = run(router, "tickets", "join", "1040", *asked)
    said = {"client": ["Harbour Dental"], "category": ["internet"], "preview": True}
    assert router.writes() == [("/v1/tickets/1040/gather", said)]
    assert "these are alike: 1042; nothing was changed" in result.stdout


def test_join_says_what_it_needs():
    for more in ([], ["1042", "--client", "x"]):
        result = run(FakeRouter(), "tickets", "join", "1040", *more)
        assert result.exit_code == 2
        assert "one way" in result.stderr


def test_known_errors_say_the_cause_and_what_helps():
    one = {
        "number": 1050,
        "client": "Harbour Dental",
        "host": "",
        "category": "network",
        "title": "Switches die",
        "count": 2,
        "cause": "firmware",
        "workaround": "reboot",
    }
    answers = [{"items": []}, {"items": [one]}]
    router = FakeRouter({"GET /v1/known-errors": answers})
    assert "no known errors" in run(router, "known-errors").stdout
    said = run(router, "known-errors", "--client", "Harbour Dental").stdout
    assert "1050  Harbour Dental, network: Switches die (seen 2 times)" in said
    assert "meanwhile: reboot" in said
    assert document(run(router, "known-errors", "--json"))["items"] == [one]


def test_a_ticket_says_what_it_belongs_to():
    left = [{"ticket": 1044, "because": "it still fires"}]
    helps = {"problem": 1050, "workaround": "reboot", "because": "same device"}
    finding = {"cause": "firmware", "workaround": "reboot", "known_error": True,
               "tickets": [1042], "count": 1}  # fmt: skip
    shown = ticket(
        under=1040,
        major={"children": [1042, 1043], "leftovers": left},
        problem=1050,
        finding=finding,
        workarounds=[helps],
    )
    router = FakeRouter(
        {
            "GET /v1/tickets/1001": shown,
            "GET /v1/tickets/1001/events": {"items": []},
            "GET /v1/tickets/1001/notices": {"items": []},
        }
    )
    said = run(router, "tickets", "show", "1001").stdout
    for part in ("major incident 1040", "2 under it: 1042 1043", "1044: it still fires", "1050"):
        assert part in said
    assert "reboot (1050, same device)" in said
    assert "1 ticket: 1042" in said
